"""The register of decisions: what stands in it, in which state, when it ends, and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from findings.models import Decision, Finding
from findings.services.decide import Statement, Target, answer_acceptance, ask_acceptance, decide, undo
from findings.status import DecisionKind
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import rows_of, signed_in

pytestmark = pytest.mark.django_db
REGISTER = "/decisions/"
NOW = timezone.now()


def judge(row: Finding, kind: DecisionKind = DecisionKind.FALSE_POSITIVE) -> Decision:
    acting = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    said = Statement(kind=kind, reason=f"Because {row.code}")
    result = decide(target=Target(finding_ids=(row.pk,)), statement=said, principal=acting, now=NOW)
    return Decision.objects.get(pk=result.decision_ids[0])


def accept(row: Finding, until: datetime, *, answered: bool = True) -> Decision:
    """Ask for an acceptance as of before its end, and let another person approve it."""
    at = min(NOW, until - timedelta(days=1))
    asker = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    manager = principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)
    said = Statement(kind=DecisionKind.ASKED, reason="=1+1 carried", until=until)
    result = ask_acceptance(target=Target(finding_ids=(row.pk,)), statement=said, principal=asker, now=at)
    asked = Decision.objects.get(pk=result.decision_ids[0])
    if answered:
        answer_acceptance(asked=asked, accept=True, reason="", principal=manager, now=at)
    return asked


def some() -> Finding:
    row = make_finding(make_api())
    seen_by_a_scan(row)
    return row


def listed(client: Client, query: str = "") -> list[str]:
    return rows_of(client.get(f"{REGISTER}?{query}").content)


def taken(client: Client, query: str) -> str:
    """Return the file."""
    return bytes(client.get(f"/export/decisions.csv?{query}").getvalue()).decode("utf-8-sig")


def test_each_state_lists_its_decisions_with_who_asked_and_who_approved() -> None:
    judged, taken_back, accepted, ended, waiting = (some() for _ in range(5))
    judge(judged)
    back = judge(taken_back)
    undo(decisions=[back], principal=principal_of(person(OrganisationRole.ANALYST), now=NOW), now=NOW)
    accept(accepted, NOW + timedelta(days=20))
    accept(ended, NOW - timedelta(days=3))
    accept(waiting, NOW + timedelta(days=20), answered=False)
    client = signed_in(person(OrganisationRole.AUDITOR))

    def found(query: str) -> set[str]:
        text = " ".join(listed(client, query))
        return {row.code for row in (judged, taken_back, accepted, ended, waiting) if f"{row.code}," in text}

    assert found("") == {judged.code, accepted.code}
    assert found("state=ended") == {ended.code}
    assert found("state=undone") == {taken_back.code}
    assert found("state=waits") == {waiting.code}
    assert found("ends=soon") == {accepted.code}
    assert found("kind=false_positive") == {judged.code}
    # Two judged, three asked for, two accepted; what takes back stands with what it takes back.
    assert len(listed(client, "state=any")) == 7
    (row,) = listed(client, "kind=accepted")
    assert "accepted by" in row
    assert "Holds" in row


def test_the_calendar_counts_what_ends_in_each_month_and_opens_it() -> None:
    until = (datetime.now(UTC).replace(day=1, hour=12) + timedelta(days=70)).replace(day=15)
    accept(some(), until)
    accept(some(), until)
    client = signed_in(person(OrganisationRole.AUDITOR))
    page = client.get(REGISTER).content.decode()
    assert f'?month={until:%Y-%m}"><b>2</b>' in page
    assert len(listed(client, f"month={until:%Y-%m}")) == 2
    assert listed(client, "month=2020-01") == []
    for month in ("nonsense", "9999-12", "0000-01", "%00"):
        assert len(listed(client, f"month={month}")) == 2, month
    assert listed(client, "month=0001-01") == []


def test_a_team_has_its_own_and_what_is_about_everybody() -> None:
    ours = team()
    mine = make_finding(make_api(team=ours))
    seen_by_a_scan(mine)
    foreign = some()
    for row in (mine, foreign):
        judge(row)
    client = signed_in(person(member_of=ours))
    text = " ".join(listed(client))
    assert mine.code in text
    assert foreign.code not in text
    exported = taken(client, "")
    assert mine.code in exported
    assert foreign.code not in exported


def test_the_file_has_the_rows_of_the_page_with_no_formula_and_leaves_a_line_in_the_trail() -> None:
    row = some()
    accept(row, NOW + timedelta(days=20))
    client = signed_in(person(OrganisationRole.AUDITOR))
    told = taken(client, "kind=accepted")
    (line,) = csv.DictReader(io.StringIO(told))
    assert (line["About"], line["Decision"], line["State"]) == (row.code, "Accepted", "Holds")
    assert line["Reason"] == "'=1+1 carried"
    assert line["Asked by"] != line["Approved by"]
    told_of = StateChange.objects.get(verb="export decisions").new
    assert told_of == {"format": "csv", "filter": {"kind": "accepted"}}
