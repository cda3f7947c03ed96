"""Mapping rules by REST: previewed, made, listed and ended."""

from typing import Any

import pytest

from findings.models import Finding, MappingRule
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.jobs.models import Job
from inventory.models import Api
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def manager() -> Caller:
    return Caller(user=person(OrganisationRole.SECURITY_MANAGER))


def tie(caller: Caller, to: Api, **said: Any) -> Any:
    return caller.post(
        "mapping-rules/", **{"kind": "host", "pattern": "https://Shop.example/x", "api": to.code, **said}
    )


def loose(host: str) -> Finding:
    return make_finding(None, url=f"https://{host}/orders")


def test_a_rule_is_made_with_its_job_and_found(manager: Caller, payments: Team) -> None:
    api = make_api(team=payments)
    told = tie(manager, api)
    rule = told["rule"]
    assert (manager.status, manager.answer.headers["Location"]) == (201, f"/api/v1/mapping-rules/{rule['code']}/")
    assert rule == {
        "code": rule["code"], "kind": "host", "pattern": "shop.example", "api": api.code,
        "created_at": rule["created_at"], "created_by": str(MappingRule.objects.get().created_by), "ended_at": None,
    }  # fmt: skip
    job = Job.objects.get()
    assert (told["job"], job.kind) == (str(job.pk), "findings.map")
    assert manager.get(f"mapping-rules/{rule['code']}/") == rule
    assert manager.walk("mapping-rules/") == [rule]


def test_a_preview_counts_what_is_in_sight_and_changes_nothing(manager: Caller, payments: Team) -> None:
    found = [loose("shop.example") for _ in range(7)]
    loose("other.example")
    told = manager.post("mapping-rules/preview/", kind="host", pattern="shop.example")
    assert (manager.status, told["count"], len(told["sample"])) == (200, 7, 5)
    sample = {"title": "A weakness", "severity": "high", "source_kind": "tool"}
    assert all(row | sample == row and row["code"] in {each.code for each in found} for row in told["sample"])
    owner = Caller(user=person(owner_of=payments))
    assert owner.post("mapping-rules/preview/", kind="host", pattern="shop.example")["count"] == 0
    assert not MappingRule.objects.exists()
    assert not Job.objects.exists()


def test_ending_a_rule_twice_ends_it_once(manager: Caller, payments: Team) -> None:
    code = tie(manager, make_api(team=payments))["rule"]["code"]
    ended = manager.post(f"mapping-rules/{code}/end/")
    assert (manager.status, ended["ended_at"] is None) == (200, False)
    assert manager.post(f"mapping-rules/{code}/end/") == ended
    verbs = StateChange.objects.filter(kind="mapping rule").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["created", "ended"]


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"kind": "guess"}, 400, "kind"),
        ({"pattern": ""}, 400, "pattern"),
        ({"pattern": "/"}, 400, "pattern"),
        ({"kind": "series", "pattern": "upload"}, 400, "pattern"),
        ({"pattern": "x" * 1001}, 400, "pattern"),
        ({"api": "API-0"}, 404, "api"),
        ({"team": "x"}, 400, "team"),
    ],
)
def test_what_is_no_rule_is_refused(manager: Caller, said: dict[str, Any], status: int, field: str) -> None:
    refusal = tie(manager, make_api(), **said)["error"]
    assert (manager.status, refusal["field"]) == (status, field), refusal
    assert not MappingRule.objects.exists()


def test_the_same_rule_twice_is_refused_and_the_same_key_answered(manager: Caller) -> None:
    api = make_api()
    first = tie(manager, api, key="k")
    assert tie(manager, api, key="k") == first
    assert (tie(manager, api)["error"]["field"], manager.status) == ("pattern", 400)
    assert (MappingRule.objects.count(), Job.objects.count()) == (1, 1)


def test_a_team_owner_ties_to_the_own_apis_and_nobody_who_only_sees_does(manager: Caller, payments: Team) -> None:
    own, foreign = make_api(team=payments), make_api(team=team("Logistics"))
    hidden = tie(manager, foreign)["rule"]["code"]
    owner = Caller(user=person(owner_of=payments))
    mine = tie(owner, own)["rule"]["code"]
    assert [row["code"] for row in owner.walk("mapping-rules/")] == [mine]
    told = tie(owner, foreign)
    assert owner.status == 404
    assert str(told).replace(foreign.code, "API-0") == str(tie(owner, own, api="API-0"))
    for address in (f"mapping-rules/{hidden}/", f"mapping-rules/{hidden}/end/"):
        (owner.post if "end" in address else owner.get)(address)
        assert owner.status == 404
    both = person(OrganisationRole.AUDITOR, owner_of=payments)
    assert (tie(Caller(user=both), foreign)["error"]["code"]) == "forbidden"
    assert (tie(Caller(token=token_of(both, "see", "upload")), own)["error"]["code"]) == "forbidden"


def test_the_list_is_narrowed(manager: Caller) -> None:
    a, b = make_api(), make_api()
    codes = [tie(manager, a)["rule"]["code"], tie(manager, b, kind="path", pattern="s.example/o")["rule"]["code"]]
    manager.post(f"mapping-rules/{codes[1]}/end/")
    for asked, expected in (
        ({}, codes),
        ({"api": a.code}, codes[:1]),
        ({"kind": "path"}, codes[1:]),
        ({"ended": "true"}, codes[1:]),
        ({"ended": "false"}, codes[:1]),
    ):
        assert [row["code"] for row in manager.walk("mapping-rules/", **asked)] == expected, asked
    for name, value in (("api", "API-0"), ("kind", "x"), ("ended", "x"), ("pattern", "x")):
        assert manager.get("mapping-rules/", **{name: value})["error"]["field"] == name
