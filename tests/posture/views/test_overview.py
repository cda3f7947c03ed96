"""The overview: each number is the count of the list it opens, for each role; what it says and hands on."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from findings.models import Assignment, Finding
from findings.services.due import stamp_due
from incidents.choices import Level
from incidents.models import Episode
from incidents.services.clocks import switch_on
from incidents.services.incidents import Declared, declare
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from inventory.access.selectors import principal_of
from inventory.models import Api
from posture.models import ApiScore, CurrentScore, Trend
from posture.services.fixes import write_fixes
from posture.services.rescore import score_apis
from posture.services.trends import write_trend
from tests.estate import make_estate
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import score, signed_in, text_of

pytestmark = pytest.mark.django_db
NUMBER = re.compile(r'<a class="kpi" href="([^"]+)"><span class="k">([^<]+)</span><span class="v[^"]*">([\d,]+)')


def numbers_of(client: Client) -> dict[str, tuple[str, int]]:
    """Return label, address and value of each number."""
    found = NUMBER.findall(client.get("/").content.decode())
    return {label: (html.unescape(address), int(value.replace(",", ""))) for address, label, value in found}


def counted(client: Client, address: str) -> int:
    """Return how many rows a list says it has."""
    told = re.search(r'role="status">\s*([\d,]+)', client.get(address).content.decode())
    return int(told[1].replace(",", "")) if told else 0


def more_numbers(client: Client) -> Iterator[tuple[str, str, int]]:
    """Yield what else the overview counts: the number, what it is of, and the address of the list it opens."""
    page = client.get("/").content.decode()
    for address, value in re.findall(
        r'<li><a class="clip" href="([^"]+team=[^"]+)">.*?<span>([\d,]+)</span></li>', page
    ):
        yield "late", html.unescape(address), number(value)
    of = r'<li><a class="clip" href="([^"]+)" title="Those that lack it">.*?<span>([\d,]+) of ([\d,]+)</span></li>'
    for address, has, total in re.findall(of, page):
        yield "lacking", html.unescape(address), number(total) - number(has)
    for address, value in re.findall(r'href="(/alerts/\?api=[^"]+)".*?<td class="r num p3">([\d,]+)</td>', page):
        yield "attacked", html.unescape(address), number(value)
    for address, value in re.findall(r'Fix the <a href="([^"]+)">([\d,]+) finding', page):
        yield "best", html.unescape(address), number(value)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def people() -> dict[str, User]:
    crew = Team.objects.get(slug="crew-2")
    return {role.value: person(role) for role in OrganisationRole} | {
        "owner": person(owner_of=crew), "member": person(member_of=crew), "nobody": person(),
    }  # fmt: skip


def test_every_number_is_the_count_of_the_list_it_opens_for_each_role() -> None:
    make_estate(apis=30, findings=400, teams=4)
    Api.objects.filter(pk__in=Api.objects.order_by("pk").values("pk")[:9]).update(owner=None)
    Finding.objects.filter(pk__in=Finding.objects.order_by("pk").values("pk")[:150]).update(
        first_seen=timezone.now() - timedelta(days=2)
    )
    stamp_due(now=timezone.now())
    Episode.objects.filter(pk__in=Episode.objects.order_by("pk").values("pk")[:30]).update(last_at=timezone.now())
    Episode.objects.filter(pk=Episode.objects.latest("last_at").pk).update(state="closed", resolution="false_alarm")
    told: dict[str, set[int]] = {}
    for role, user in people().items():
        client = signed_in(user)
        numbers = numbers_of(client)
        assert role == "nobody" or len(numbers) == 6, role
        for label, (address, value) in numbers.items():
            assert counted(client, address) == value, (role, label, address)
            told.setdefault(label, set()).add(value)
        told_more = list(more_numbers(client))
        seen = {what for what, *_ in told_more}
        assert role == "nobody" or seen == {"late", "lacking", "attacked", "best"}, role
        for what, address, value in told_more:
            assert counted(client, address) == value, (role, what, address)
    # Each of them was tried with something to count, and a team's is not the organisation's.
    assert {label: len(values) for label, values in told.items()} == dict.fromkeys(told, 2)
    assert all(max(values) > 0 for values in told.values())


def test_an_open_incident_is_named_with_its_next_notice_to_those_who_may_see_it() -> None:
    ours, now = team(), timezone.now()
    api = make_api(name="Shop", team=ours)
    make_api(name="Other", team=team())
    manager = principal_of(person(OrganisationRole.SECURITY_MANAGER), now=now)
    incident, later = (
        declare(said=Declared(title=title, level=Level.SEV3, apis=(api,)), principal=manager, now=now)
        for title in ("Orders are read", "Another")
    )
    switch_on(incident=incident, rule="gdpr-33", aware_at=now - timedelta(hours=70), principal=manager, now=now)
    for user in (person(OrganisationRole.AUDITOR), person(owner_of=ours)):
        page = text_of(signed_in(user).get("/").content)
        assert re.search(rf"{incident.code} is open\. Orders are read\. The first notice is due in 1 h 59 min\.", page)
        assert "1 more is open" in page
        assert later.code not in page
    assert "is open." not in text_of(
        signed_in(person(owner_of=Team.objects.exclude(pk=ours.pk).get())).get("/").content
    )


def test_an_empty_install_shows_how_to_begin() -> None:
    page = text_of(signed_in(person(OrganisationRole.ANALYST)).get("/").content)
    assert "See your first score in a few minutes" in page


def test_the_start_page_is_the_overview_until_somebody_chooses_another() -> None:
    user = person()
    client = signed_in(user)
    assert client.get("/start/").headers["Location"] == "/"
    User.objects.filter(pk=user.pk).update(start_page="queue")
    assert client.get("/start/").headers["Location"] == "/queue/"


def test_what_rose_this_week_is_told_with_its_cause_and_what_was_there_before_is_not() -> None:
    calm, worse = make_api(name="Calm"), make_api(name="Worse", reach="public", environment="production")
    now = timezone.now()
    for api in (calm, worse):
        make_finding(api, severity=1)
    score(calm, worse, now=now - timedelta(days=20))
    make_finding(worse, severity=4, title="Anybody may refund")
    score(worse, now=now - timedelta(days=1))
    page = text_of(signed_in(person(OrganisationRole.AUDITOR)).get("/").content)
    listed = page.partition("What got worse")[2].partition("Riskiest")[0]
    assert "Worse" in listed
    assert "A test" in listed
    assert "Calm" not in listed
    assert "Worse is the riskiest. Worse got worse by" in page
    assert "Anybody may refund" in page.partition("Main driver")[2]
    assert ApiScore.objects.filter(api=worse).count() == 2


def test_the_one_change_is_what_recomputing_without_the_class_gives_and_one_press_assigns_it() -> None:
    owner = person()
    api = make_api(name="Shop", owner=owner, reach="public", environment="production", sensitivity="restricted")
    rows = [make_finding(api, weakness_class="CWE-89", severity=3) for _ in range(3)]
    make_finding(api, weakness_class="CWE-20", severity=2)
    score(api)
    write_fixes(api_ids=[api.pk])
    client = signed_in(person(OrganisationRole.ANALYST))
    page = text_of(client.get("/").content)
    assert "Fix the 3 findings of CWE-89 on Shop" in page
    gain = float(re.search(r"its score falls by ([\d.]+)", page)[1])  # type: ignore[index] # else it fails here
    before = api.scores.latest("pk").score
    Finding.objects.filter(weakness_class="CWE-89").update(status="resolved")
    score(api)
    assert float(before - api.scores.latest("pk").score) == pytest.approx(gain, abs=0.06)
    Finding.objects.filter(weakness_class="CWE-89").update(status="new")
    client.post("/overview/assign/", {"api": api.code, "class": "CWE-89"})
    assert set(Assignment.objects.values_list("finding", "assignee")) == {(row.pk, owner.pk) for row in rows}
    again = client.post("/overview/assign/", {"api": api.code, "class": "CWE-89"}, follow=True)
    assert "are with" in text_of(again.content)
    client.post("/overview/assign/", {"api": api.code, "class": "CWE-20"})
    client.post("/queue/undo/", {"home": "yes"})
    assert Assignment.objects.count() == 3


def test_the_one_change_of_an_api_out_of_sight_is_assigned_by_nobody() -> None:
    mine, foreign = team(), make_api(owner=person())
    make_finding(foreign)
    client = signed_in(person(owner_of=mine))
    sent = {"api": foreign.code, "class": "CWE-639"}
    assert client.post("/overview/assign/", sent).status_code == HTTPStatus.NOT_FOUND
    assert not Assignment.objects.exists()


def test_the_weeks_tell_what_was_open_and_what_was_closed_and_a_team_has_its_own() -> None:
    now, ours = timezone.now(), team()
    api, other = make_api(team=ours), make_api()
    for place, days in ((api, 3), (api, 20), (other, 50)):
        seen_by_a_scan(make_finding(place, first_seen=now - timedelta(days=days)))
    judged = make_finding(api, first_seen=now - timedelta(days=50), status="false_positive")
    seen_by_a_scan(judged)
    gone = make_finding(api, first_seen=now - timedelta(days=50), status="closed")
    seen_by_a_scan(gone)
    gone.presences.update(until=now - timedelta(days=10))
    write_trend(now=now)
    whole = Trend.objects.filter(kind="organisation").order_by("-week").values_list("open", "closed")
    assert list(whole[:3]) == [(3, 0), (2, 1), (3, 0)]
    own = Trend.objects.filter(kind="team", key=ours.pk).order_by("-week").values_list("open", "closed")
    assert list(own[:3]) == [(2, 0), (1, 1), (2, 0)]


def test_the_score_of_all_together_is_of_what_one_may_see() -> None:
    crew, green = team("Payments"), team("Green")
    member, stranger = signed_in(person(member_of=crew)), signed_in(person(member_of=green))
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    apis = [make_api(team=crew), make_api()]
    make_api(team=green)
    assert "All together" not in text_of(auditor.get("/").content)
    make_finding(apis[0], severity=4)
    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=timezone.now())
    whole = CurrentScore.objects.get(api=apis[0]).score
    assert whole > 0
    assert f"All together {whole:.0f}" in text_of(member.get("/").content)
    assert f"All together {float(whole) / 2 ** (1 / 3):.0f}" in text_of(auditor.get("/").content)
    assert "All together" not in text_of(stranger.get("/").content)


def test_the_overview_stays_under_twelve_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_estate(apis=20, findings=100, teams=4)
    stamp_due(now=timezone.now())
    write_trend(now=timezone.now())
    write_fixes(api_ids=list(Api.objects.values_list("pk", flat=True)))
    for user in (person(OrganisationRole.SECURITY_MANAGER), person(owner_of=Team.objects.get(slug="crew-2"))):
        client = signed_in(user)
        with django_assert_max_num_queries(12):
            client.get("/")


def test_an_estate_that_is_not_scored_yet_is_not_called_safe() -> None:
    api = make_api()
    client = signed_in(person(OrganisationRole.ANALYST))
    assert "No API is scored yet" in text_of(client.get("/").content)
    score(api)
    text = text_of(client.get("/").content)
    assert "No API is scored yet" not in text
    assert "No API is at critical risk, and nothing is late" in text
