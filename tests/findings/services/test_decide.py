"""What people decide, and what findings show for it."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from findings.errors import FindingsRefused
from findings.models import Decision, Finding, Presence, Scan, Series
from findings.services.decide import (
    DecisionResult,
    Statement,
    Target,
    answer_acceptance,
    ask_acceptance,
    decide,
    undo,
)
from findings.services.statuses import derive_statuses, touch
from findings.status import Decided, DecisionKind, Seen, SeverityRank, Status, shown
from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, Team, User
from inventory.access.records import Principal
from inventory.models import Api
from inventory.services.classify import give_team

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="payments", name="Payments")


@pytest.fixture
def api(team: Team) -> Api:
    api = Api.objects.create(
        code="API-1", stable_id=uuid4(), name="Orders", slug="orders", first_seen=NOW, last_seen=NOW
    )
    give_team(api=api, team=team, now=NOW)
    return api


@pytest.fixture
def series(api: Api) -> Series:
    return Series.objects.create(source_kind="scanner", api=api, name="nightly")


def scan(series: Series, at: datetime) -> Scan:
    return Scan.objects.create(
        series=series, scanned_at=at, scanned_at_source="document", digest=uuid4().hex, complete=True
    )


def finding(api: Api, **said: object) -> Finding:
    values = {"rule": "r1", "weakness_class": "CWE-89", "severity": SeverityRank.HIGH, "source_kind": "scanner"} | said
    return Finding.objects.create(
        code=f"FND-{uuid4().hex[:10]}",
        fingerprint=uuid4().hex * 2,
        api=api,
        title="Injection",
        first_seen=NOW,
        **values,
    )


def seen(finding: Finding, series: Series, *days: tuple[int, int | None]) -> None:
    """Put intervals, in days before and after now."""
    for since, until in days:
        first = scan(series, NOW + since * DAY)
        gone = None if until is None else scan(series, NOW + until * DAY)
        Presence.objects.create(
            finding=finding, series=series, from_scan=first, since=first.scanned_at, until_scan=gone,
            until=gone.scanned_at if gone else None,
        )  # fmt: skip


def person(name: str) -> User:
    return User.objects.create(email=f"{name.lower()}@shop.example", name=name)


def principal(user: User, role: OrganisationRole | None = None, team: Team | None = None) -> Principal:
    return Principal(
        kind=PrincipalKind.USER,
        name=user.name,
        user_id=user.pk,
        organisation_roles=frozenset({role} if role else ()),
        team_roles=((team.pk, TeamRole.MEMBER),) if team else (),
    )


@pytest.fixture
def manager() -> Principal:
    return principal(person("Mo"), OrganisationRole.SECURITY_MANAGER)


@pytest.fixture
def analyst() -> Principal:
    return principal(person("An"), OrganisationRole.ANALYST)


def on(found: Finding) -> Target:
    return Target(finding_ids=(found.pk,))


def status(found: Finding) -> str:
    return Finding.objects.get(pk=found.pk).status


def false_alarm(found: Finding, who: Principal) -> DecisionResult:
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="The value is a constant.")
    return decide(target=on(found), statement=statement, principal=who, now=NOW)


STRETCHES: dict[str, tuple[tuple[int, int | None], ...]] = {
    "never closed": ((-9, None),),
    "closed": ((-9, -1),),
    "came back before the decision": ((-9, -8), (-5, None)),
    "came back after the decision": ((-9, -3), (-1, None)),
    "closed twice": ((-9, -8), (-5, -1)),
}


@pytest.mark.parametrize(("stretches", "kind"), list(product(STRETCHES, [None, *DecisionKind])))
def test_the_database_shows_what_the_pure_function_shows(
    api: Api, series: Series, stretches: str, kind: DecisionKind | None
) -> None:
    spans = STRETCHES[stretches]
    found = finding(api, status="new")
    seen(found, series, *spans)
    at = NOW - 4 * DAY
    if kind is not None:
        Decision.objects.create(finding=found, kind=kind, at=at, by=person("Mo"))
    touch("VALUES (%s)", [found.pk])
    derive_statuses(now=NOW)
    present = spans[-1][1] is None
    last = max(Scan.objects.filter(series=series).values_list("scanned_at", flat=True))
    told = None
    if kind is not None and kind not in {DecisionKind.ASKED, DecisionKind.REFUSED, DecisionKind.UNDONE}:
        told = Decided(kind=kind, at=at)
    reopened = NOW + spans[-1][0] * DAY if len(spans) > 1 else None
    assert status(found) == shown(Seen(present=present, reopened_at=reopened, last_seen=last), told)


def test_the_narrowest_decision_wins_then_the_newest(api: Api, series: Series, manager: Principal) -> None:
    found = finding(api)
    seen(found, series, (-9, None))
    rule = Target(source_kind="scanner", rule="r1")
    wide = Target(api_id=api.pk, weakness_class="CWE-89")
    for target, kind in (
        (on(found), "triaged"),
        (wide, "false_positive"),
        (rule, "resolved"),
        (on(found), "in_progress"),
    ):
        statement = Statement(kind=DecisionKind(kind), reason="Looked at.")
        decide(target=target, statement=statement, principal=manager, now=NOW)
    assert status(found) == Status.IN_PROGRESS


def test_a_class_decision_reaches_every_finding_of_the_class_on_that_api_only(
    api: Api, series: Series, manager: Principal
) -> None:
    other = Api.objects.create(code="API-2", stable_id=uuid4(), name="B", slug="b", first_seen=NOW, last_seen=NOW)
    here, there, elsewhere = finding(api), finding(api, weakness_class="CWE-79"), finding(other)
    for found in (here, there, elsewhere):
        seen(found, series, (-9, None))
    target = Target(api_id=api.pk, weakness_class="CWE-89")
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="Prepared statements only.")
    decide(target=target, statement=statement, principal=manager, now=NOW)
    assert [status(found) for found in (here, there, elsewhere)] == ["false_positive", "new", "new"]


def test_undoing_brings_back_what_held_before_and_can_be_done_once(
    api: Api, series: Series, manager: Principal
) -> None:
    found = finding(api)
    seen(found, series, (-9, None))
    decide(target=on(found), statement=Statement(kind=DecisionKind.TRIAGED), principal=manager, now=NOW)
    result = false_alarm(found, manager)
    decisions = list(Decision.objects.filter(pk__in=result.decision_ids))
    undo(decisions=decisions, principal=manager, now=NOW)
    assert status(found) == Status.TRIAGED
    with pytest.raises(FindingsRefused, match="moment ago"):
        undo(decisions=decisions, principal=manager, now=NOW)


def test_an_acceptance_takes_two_people_and_ends(
    api: Api, series: Series, manager: Principal, analyst: Principal
) -> None:
    found = finding(api)
    seen(found, series, (-9, None))
    statement = Statement(kind=DecisionKind.ASKED, reason="Retires in autumn.", until=NOW + 30 * DAY)
    ask_acceptance(target=on(found), statement=statement, principal=manager, now=NOW)
    asked = Decision.objects.get(kind=DecisionKind.ASKED)
    assert status(found) == Status.NEW
    with pytest.raises(FindingsRefused, match="Another person"):
        answer_acceptance(asked=asked, accept=True, reason="", principal=manager, now=NOW)
    with pytest.raises(AccessRefused):
        answer_acceptance(asked=asked, accept=True, reason="", principal=analyst, now=NOW)
    second = principal(person("Su"), OrganisationRole.SECURITY_MANAGER)
    answer_acceptance(asked=asked, accept=True, reason="Agreed.", principal=second, now=NOW)
    assert status(found) == Status.ACCEPTED
    assert Finding.objects.get(pk=found.pk).status_until == NOW + 30 * DAY
    touch("VALUES (%s)", [found.pk])
    derive_statuses(now=NOW + 31 * DAY)
    assert status(found) == Status.NEW


def test_while_a_request_waits_nobody_asks_again_until_it_is_taken_back_or_over(
    api: Api, series: Series, manager: Principal, analyst: Principal
) -> None:
    found, other = finding(api), finding(api)
    seen(found, series, (-9, None))
    seen(other, series, (-9, None))
    statement = Statement(kind=DecisionKind.ASKED, reason="Later.", until=NOW + DAY)
    ask_acceptance(target=on(found), statement=statement, principal=analyst, now=NOW)
    for target in (on(found), Target(finding_ids=(found.pk, other.pk))):
        with pytest.raises(FindingsRefused, match=f"asked for that of {found.code} before"):
            ask_acceptance(target=target, statement=statement, principal=manager, now=NOW)
    undo(decisions=[Decision.objects.get()], principal=analyst, now=NOW)
    ask_acceptance(target=on(found), statement=statement, principal=manager, now=NOW)
    later = Statement(kind=DecisionKind.ASKED, reason="Later.", until=NOW + 3 * DAY)
    ask_acceptance(target=on(found), statement=later, principal=analyst, now=NOW + 2 * DAY)
    assert Decision.objects.filter(kind=DecisionKind.ASKED).count() == 3


def test_a_refused_acceptance_changes_nothing_and_is_answered(api: Api, series: Series, analyst: Principal) -> None:
    found = finding(api)
    seen(found, series, (-9, None))
    statement = Statement(kind=DecisionKind.ASKED, reason="Later.", until=NOW + DAY)
    ask_acceptance(target=on(found), statement=statement, principal=analyst, now=NOW)
    asked = Decision.objects.get()
    boss = principal(person("Su"), OrganisationRole.SECURITY_MANAGER)
    answer_acceptance(asked=asked, accept=False, reason="No.", principal=boss, now=NOW)
    assert status(found) == Status.NEW
    with pytest.raises(FindingsRefused, match="moment ago"):
        answer_acceptance(asked=asked, accept=True, reason="", principal=boss, now=NOW)


def test_a_team_owner_approves_up_to_high_only(api: Api, series: Series, team: Team, analyst: Principal) -> None:
    owner = Principal(
        kind=PrincipalKind.USER, name="Ow", user_id=person("Ow").pk, team_roles=((team.pk, TeamRole.OWNER),)
    )
    for severity, allowed in ((SeverityRank.HIGH, True), (SeverityRank.CRITICAL, False)):
        found = finding(api, severity=severity)
        seen(found, series, (-9, None))
        statement = Statement(kind=DecisionKind.ASKED, reason="Later.", until=NOW + DAY)
        result = ask_acceptance(target=on(found), statement=statement, principal=analyst, now=NOW)
        asked = Decision.objects.get(pk=result.decision_ids[0])
        if allowed:
            answer_acceptance(asked=asked, accept=True, reason="", principal=owner, now=NOW)
        else:
            with pytest.raises(AccessRefused):
                answer_acceptance(asked=asked, accept=True, reason="", principal=owner, now=NOW)


def test_nobody_decides_beyond_their_teams_or_without_a_reason(api: Api, team: Team) -> None:
    found = finding(api)
    other = Team.objects.create(slug="logistics", name="Logistics")
    stranger = principal(person("Io"), team=other)
    with pytest.raises(AccessRefused):
        false_alarm(found, stranger)
    member = principal(person("Me"), team=team)
    with pytest.raises(AccessRefused):
        decide(
            target=Target(source_kind="scanner", rule="r1"),
            statement=Statement(kind=DecisionKind.FALSE_POSITIVE, reason="x"),
            principal=member,
            now=NOW,
        )
    with pytest.raises(FindingsRefused, match="Say why"):
        decide(target=on(found), statement=Statement(kind=DecisionKind.RESOLVED), principal=member, now=NOW)
    assert not Decision.objects.exists()
    assert false_alarm(found, member).decision_ids


def test_each_decision_is_on_the_trail_and_cannot_be_rewritten(api: Api, series: Series, manager: Principal) -> None:
    found = finding(api)
    seen(found, series, (-9, None))
    false_alarm(found, manager)
    row = StateChange.objects.get(kind="finding")
    assert (row.code, row.verb, row.reason, row.api_id) == (
        found.code, "false_positive", "The value is a constant.", api.pk,
    )  # fmt: skip
    for statement in ("UPDATE findings_decision SET reason = ''", "DELETE FROM findings_decision"):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
