"""Decisions by REST: people make them, two accept a risk, tokens only read."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from findings.models import Decision, Finding, Presence, Scan, Series
from findings.status import SeverityRank
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.models import Api
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api, make_finding

pytestmark = pytest.mark.django_db
LATER = (timezone.now() + timedelta(days=30)).isoformat()


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def api(payments: Team) -> Api:
    return make_api(team=payments)


@pytest.fixture
def analyst() -> Caller:
    return Caller(user=person(OrganisationRole.ANALYST))


@pytest.fixture
def manager() -> Caller:
    return Caller(user=person(OrganisationRole.SECURITY_MANAGER))


def present(api: Api, **values: Any) -> Finding:
    """Store a finding that a scan sees."""
    found = make_finding(api, **values)
    series, _ = Series.objects.get_or_create(source_kind="tool", api=api, name="nightly")
    scan, _ = Scan.objects.get_or_create(series=series, scanned_at=NOW, digest="", complete=True)
    Presence.objects.create(finding=found, series=series, from_scan=scan, since=NOW)
    return found


def status_of(finding: Finding) -> str:
    finding.refresh_from_db()
    return finding.status


def test_a_decision_gives_findings_their_status_and_is_undone(analyst: Caller, api: Api) -> None:
    one, two = present(api), present(api)
    made = analyst.post("decisions/", findings=[one.code, two.code, one.code], kind="false_positive", reason="Why.")
    assert (analyst.status, made["changed"], len(made["decisions"])) == (201, 2, 2)
    assert status_of(one) == status_of(two) == "false_positive"
    told = analyst.get(f"decisions/{made['decisions'][0]}/")
    assert (told["kind"], told["finding"], told["api"], told["reason"]) == (
        "false_positive",
        one.code,
        api.code,
        "Why.",
    )
    undone = analyst.post(f"decisions/{made['decisions'][0]}/undo/")
    assert (analyst.status, undone["changed"]) == (201, 1)
    assert (status_of(one), status_of(two)) == ("new", "false_positive")
    first = analyst.get(f"decisions/{made['decisions'][0]}/")
    assert first["answer"] == undone["decisions"][0]
    assert analyst.get(f"decisions/{undone['decisions'][0]}/")["about"] == made["decisions"][0]
    refusal = analyst.post(f"decisions/{made['decisions'][0]}/undo/")["error"]
    assert (analyst.status, refusal["code"]) == (400, "refused")
    assert StateChange.objects.filter(kind="finding", verb="false_positive").count() == 2


def test_a_class_on_an_api_and_a_rule_everywhere_are_decided_on_too(manager: Caller, api: Api) -> None:
    one, other = present(api, rule="r9"), present(make_api(), rule="r9", weakness_class="CWE-2")
    manager.post("decisions/", api=api.code, kind="triaged", **{"class": "CWE-639"})
    assert (manager.status, status_of(one), status_of(other)) == (201, "triaged", "new")
    manager.post("decisions/", source_kind="tool", rule="r9", kind="resolved", reason="Fixed.")
    assert (status_of(one), status_of(other)) == ("triaged", "resolved")


def test_acceptance_takes_two_people_and_the_right_for_the_severity(payments: Team, api: Api, manager: Caller) -> None:
    owner = Caller(user=person(owner_of=payments))
    member = Caller(user=person(member_of=payments))
    high, critical = present(api), present(api, severity=SeverityRank.CRITICAL)
    asked = {}
    for finding in (high, critical):
        made = member.post("decisions/", findings=[finding.code], kind="asked", reason="Behind a wall.", until=LATER)
        assert (member.status, made["changed"], status_of(finding)) == (201, 0, "new")
        asked[finding.pk] = made["decisions"][0]
    refusal = member.post(f"decisions/{asked[high.pk]}/answer/", accept=True)["error"]
    assert (member.status, refusal["code"]) == (403, "forbidden")
    assert "approve the acceptance" in refusal["message"]
    refusal = owner.post(f"decisions/{asked[critical.pk]}/answer/", accept=True)["error"]
    assert owner.status == 403
    assert "Who may: Security manager." in refusal["message"]
    owner.post(f"decisions/{asked[high.pk]}/answer/", accept=True, reason="Agreed.")
    manager.post(f"decisions/{asked[critical.pk]}/answer/", accept=False)
    assert (status_of(high), status_of(critical)) == ("accepted", "new")
    own = manager.post("decisions/", findings=[critical.code], kind="asked", reason="x", until=LATER)["decisions"][0]
    refusal = manager.post(f"decisions/{own}/answer/", accept=True)["error"]
    assert (manager.status, refusal["message"]) == (400, "Another person has to answer what you asked for.")


def test_a_token_reads_decisions_and_makes_none(analyst: Caller, api: Api) -> None:
    finding = present(api)
    made = analyst.post("decisions/", findings=[finding.code], kind="triaged")["decisions"][0]
    token = Caller(token=token_of(person(OrganisationRole.SECURITY_MANAGER)))
    assert [row["id"] for row in token.walk("decisions/")] == [made]
    for address, said in (
        ("decisions/", {"findings": [finding.code], "kind": "triaged"}),
        (f"decisions/{made}/undo/", {}),
        (f"decisions/{made}/answer/", {"accept": True}),
    ):
        refusal = token.post(address, **said)["error"]
        assert (token.status, refusal["code"]) == (403, "forbidden"), address
        assert refusal["message"].startswith("A token may not ")
        assert "Security manager" in refusal["message"]
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"findings": ["{code}"]}, "kind"),
        ({"findings": ["{code}"], "kind": "accepted", "reason": "x"}, "kind"),
        ({"findings": ["{code}"], "kind": "undone"}, "kind"),
        ({"findings": [], "kind": "triaged"}, "findings"),
        ({"findings": "{code}", "kind": "triaged"}, "findings"),
        ({"findings": ["x"] * 501, "kind": "triaged"}, "findings"),
        ({"kind": "triaged"}, "findings"),
        ({"findings": ["{code}"], "api": "x", "class": "y", "kind": "triaged"}, "findings"),
        ({"api": "x", "kind": "triaged"}, "findings"),
        ({"rule": "x", "class": "y", "kind": "triaged"}, "findings"),
        ({"findings": ["{code}"], "kind": "triaged", "by": "somebody"}, "by"),
        ({"findings": ["{code}"], "kind": "triaged", "until": "soon"}, "until"),
        ({"findings": ["{code}"], "kind": "triaged", "reason": "a\0b"}, "reason"),
    ],
)
def test_a_body_that_cannot_be_is_400_with_its_field(
    analyst: Caller, api: Api, said: dict[str, Any], field: str
) -> None:
    code = present(api).code
    filled: dict[str, Any] = {
        name: [code if each == "{code}" else each for each in value] if isinstance(value, list) else value
        for name, value in said.items()
    }
    refusal = analyst.post("decisions/", **filled)["error"]
    assert (analyst.status, refusal.get("field", "").partition(".")[0]) == (400, field), refusal
    assert not Decision.objects.exists()


def test_what_the_service_refuses_is_400_with_its_sentence(analyst: Caller, api: Api) -> None:
    code = present(api).code
    for said, words in (
        ({"kind": "false_positive"}, "Say why it is “False positive”"),
        ({"kind": "asked", "reason": "x"}, "Say until when"),
        ({"kind": "asked", "reason": "x", "until": "2020-01-01T00:00:00Z"}, "a day in the future"),
    ):
        refusal = analyst.post("decisions/", findings=[code], **said)["error"]
        assert (analyst.status, refusal["code"]) == (400, "refused")
        assert words in refusal["message"]


def test_what_is_out_of_sight_is_404_and_what_is_beyond_ones_right_403(payments: Team, api: Api) -> None:
    foreign_api = make_api(team=team("Logistics"))
    own, foreign = present(api), present(foreign_api)
    member = Caller(user=person(member_of=payments))
    for there, absent in ((foreign.code, "FND-0"),):
        told = member.post("decisions/", findings=[own.code, there], kind="triaged")
        assert member.status == 404
        other = member.post("decisions/", findings=[own.code, absent], kind="triaged")
        assert str(told).replace(there, absent) == str(other)
    told = member.post("decisions/", api=foreign_api.code, kind="triaged", **{"class": "CWE-639"})
    assert member.status == 404
    refusal = member.post("decisions/", source_kind="tool", rule="rule", kind="triaged")["error"]
    assert (member.status, refusal["code"]) == (403, "forbidden")
    assert status_of(own) == "new"
    auditor = Caller(user=person(OrganisationRole.AUDITOR))
    auditor.post("decisions/", findings=[own.code], kind="triaged")
    assert auditor.status == 403


def test_decisions_of_others_apis_are_not_there(analyst: Caller, payments: Team, api: Api) -> None:
    own, foreign = present(api), present(make_api(team=team("Logistics")))
    mine = analyst.post("decisions/", findings=[own.code], kind="triaged")["decisions"][0]
    theirs = analyst.post("decisions/", findings=[foreign.code], kind="triaged")["decisions"][0]
    member = Caller(user=person(member_of=payments))
    assert [row["id"] for row in member.walk("decisions/")] == [mine]
    for address in ("decisions/{}/", "decisions/{}/undo/", "decisions/{}/answer/"):
        ask = member.get if address == "decisions/{}/" else member.post
        told = ask(address.format(theirs))
        assert member.status == 404
        assert str(told).replace(theirs, "DEC-X") == str(ask(address.format("DEC-X")))
    for made_up in ("DEC-AAAAAAAAAAAAA", "1", mine.removeprefix("DEC-"), mine.lower()):
        member.get(f"decisions/{made_up}/")
        assert member.status == 404, made_up


def test_the_list_is_narrowed_and_the_newest_stand_first(analyst: Caller, api: Api) -> None:
    one, two = present(api), present(make_api())
    first = analyst.post("decisions/", findings=[one.code], kind="triaged")["decisions"][0]
    second = analyst.post("decisions/", findings=[two.code], kind="asked", reason="x", until=LATER)["decisions"][0]
    third = analyst.post("decisions/", api=api.code, kind="in_progress", **{"class": "CWE-639"})["decisions"][0]

    def ids(**asked: str) -> list[str]:
        return [row["id"] for row in analyst.walk("decisions/", page_size=1, **asked)]

    assert ids() == [third, second, first]
    assert ids(finding=one.code) == [first]
    assert ids(api=api.code) == [third, first]
    assert ids(kind="asked") == [second]
    undo = analyst.post(f"decisions/{first}/undo/")["decisions"][0]
    assert ids(answered="true") == [first]
    assert ids(answered="false") == [undo, third, second]


def test_the_same_decision_under_one_key_is_made_once(analyst: Caller, api: Api) -> None:
    finding = present(api)
    said = {"findings": [finding.code], "kind": "triaged", "reason": "x"}
    first = analyst.post("decisions/", key="k", **said)
    assert analyst.post("decisions/", key="k", **dict(reversed(said.items()))) == first
    assert (analyst.status, Decision.objects.count()) == (201, 1)
    analyst.post("decisions/", key="k", **{**said, "reason": "y"})
    assert (analyst.status, Decision.objects.count()) == (422, 1)
    analyst.post(f"decisions/{first['decisions'][0]}/undo/", key="k")
    assert analyst.status == 422
    undo = analyst.post(f"decisions/{first['decisions'][0]}/undo/", key="u")
    assert analyst.post(f"decisions/{first['decisions'][0]}/undo/", key="u") == undo
    assert Decision.objects.count() == 2


def test_a_page_takes_as_many_queries_for_many_rows_as_for_one(
    analyst: Caller, api: Api, django_assert_max_num_queries: Any
) -> None:
    made = [present(api).code for _ in range(20)]
    analyst.post("decisions/", findings=made, kind="triaged")
    analyst.get("decisions/")
    for size in (1, 20):
        with django_assert_max_num_queries(6):
            assert len(analyst.get("decisions/", page_size=size)["results"]) == size
