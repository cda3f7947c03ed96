"""What each choice of a filter would leave: as many as the list shows once it is asked for; and pages by their keys."""

from collections.abc import Collection

import pytest
from django.http import QueryDict
from django.utils.http import urlencode

from findings.models import Finding, Series
from findings.services.due import stamp_due
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from posture.filters import ApiFilter, FindingsFilter
from posture.queues import QueueFilter
from posture.selectors.api_list import apis_in_sight
from posture.selectors.facets import FACETS, RELAXED
from posture.selectors.finding_list import findings_in_sight
from posture.selectors.queue import queue_in_sight, queued
from posture.services.rescore import score_apis
from tests.inventory.access.people import person
from tests.posture.services.estates import NOW, finding, luck, make_team, random_api

pytestmark = pytest.mark.django_db
CHANCE = luck(3)


@pytest.fixture
def teams() -> list[Team]:
    """Make an estate of APIs of two teams and of none, with findings of all kinds, some of no API yet."""
    held = [make_team("blue"), make_team("green")]
    apis = [random_api(CHANCE, team=CHANCE.choice([*held, None]), largest=12) for _ in range(30)]
    score_apis(api_ids=[api.pk for api in apis[:25]], cause="made", now=NOW)
    series = Series.objects.create(source_kind="elsewhere", name="x", team=held[0])
    Finding.objects.bulk_create(finding(None, series=series, source_kind="elsewhere") for _ in range(4))
    stamp_due(now=NOW)
    return held


def askers(teams: Collection[Team]) -> list[User]:
    return [person(OrganisationRole.SECURITY_MANAGER), person(owner_of=next(iter(teams)))]


def some(choices: dict[str, list[str]]) -> dict[str, str]:
    """Return one or two fields with a choice each, or none."""
    names = CHANCE.sample([*choices], CHANCE.choice((0, 1, 1, 2)))
    return {name: CHANCE.choice(choices[name]) for name in names}


def test_a_choice_of_apis_leaves_as_many_as_are_listed_when_it_is_asked_for(teams: list[Team]) -> None:
    words = [(team.slug, team.name) for team in teams]

    def asked(query: dict[str, str]) -> ApiFilter:
        return ApiFilter(QueryDict(urlencode(query)), teams=words, now=NOW)

    offered = {name: [*asked({}).choices_of(name)] for name in FACETS}
    offered |= {"q": ["a", "1", "nowhere", "blue"], "lacks": ["owner", "scan"]}
    for user in askers(teams):
        principal = principal_of(user, now=NOW)
        for _ in range(12):
            query = some(offered)
            shown = apis_in_sight(principal=principal, narrowed=asked(query))
            assert shown.page.total >= len(shown.page.rows)
            assert bool(shown.page.next) == (shown.page.total > len(shown.page.rows))
            for name, numbers in shown.choices.items():
                choice = CHANCE.choice([*numbers])
                listed = apis_in_sight(principal=principal, narrowed=asked(query | {name: choice})).page.total
                assert numbers[choice] == listed, (query, name, choice)


def walked(principal: Principal, narrowed: FindingsFilter) -> list[str]:
    page, _ = findings_in_sight(principal=principal, narrowed=narrowed)
    codes = [row.code for row in page.rows]
    while page.next:
        page, _ = findings_in_sight(principal=principal, narrowed=narrowed, after=page.next)
        codes += [row.code for row in page.rows]
    return codes


def test_a_choice_of_findings_leaves_as_many_as_are_listed_when_it_is_asked_for(teams: list[Team]) -> None:
    sources = [*Finding.objects.values_list("source_kind", flat=True).distinct()]
    words = [(team.slug, team.name) for team in teams]

    def asked(query: dict[str, str]) -> FindingsFilter:
        return FindingsFilter(QueryDict(urlencode(query)), sources=sources, teams=words)

    offered = {name: [*asked({}).choices_of(name)] for name in (*RELAXED, "status")}
    codes = Finding.objects.exclude(api=None).values_list("api__code", flat=True)
    offered |= {"mapped": ["no"], "api": [*codes[:2]], "q": ["a", "nowhere"]}
    for user in askers(teams):
        principal = principal_of(user, now=NOW)
        for _ in range(10):
            query = some(offered)
            page, counts = findings_in_sight(principal=principal, narrowed=asked(query))
            found = asked(query).apply(Finding.objects.visible_to(principal))
            order = [*found.order_by("-severity", "-first_seen", "pk").values_list("code", flat=True)]
            assert (page.total, walked(principal, asked(query))) == (len(order), order)
            for name, numbers in counts.items():
                choice = CHANCE.choice([*numbers])
                listed, _ = findings_in_sight(principal=principal, narrowed=asked(query | {name: choice}))
                assert numbers[choice] == listed.total, (query, name, choice)


def test_the_queue_by_due_date_is_the_queue_in_that_order(teams: list[Team]) -> None:
    words = [(team.slug, team.name) for team in teams]
    for user in askers(teams):
        principal = principal_of(user, now=NOW)
        for query in ("", "severity=high", "team=blue", "team=none&step=all", "severity=low&team=green&step=all"):
            narrowed = QueueFilter(QueryDict(query), sources=[], teams=words, me=user.pk, now=NOW)
            page, codes = None, list[str]()
            while page is None or page.next:
                after = page.next if page else ""
                page = queue_in_sight(principal=principal, narrowed=narrowed, sort="due", now=NOW, after=after)
                codes += [row.code for row in page.rows]
            found = queued(principal=principal, narrowed=narrowed).order_by("due__due_at", "pk")
            assert codes == [*found.values_list("code", flat=True)]
            assert page.total == len(codes)
