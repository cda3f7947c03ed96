"""Findings without an API, the rules that give them one, and what becomes of what was known before."""

import json
from datetime import timedelta
from typing import Any

import pytest

from findings.errors import FindingsRefused
from findings.mapping import RuleKind, clean_pattern, repository_key
from findings.models import Decision, Finding, FindingQuerySet, MappingRule, Presence, Report
from findings.services.decide import Statement, Target, decide
from findings.services.mapping import create_rule, end_rule, preview_rule, tie_report, unmapped
from findings.status import DecisionKind
from inventory.access.choices import PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import Team, User
from inventory.access.records import Principal
from inventory.jobs.models import Job
from inventory.models import Api
from inventory.services.classify import give_team
from posture.services.digest import state_digest
from tests.findings.reports import NOW, analyst, openapi, result, sarif, settle, take_in, told

DAY = timedelta(days=1)
OURS = "posture checks"
"""The source of what the product itself finds."""


def scanned(api: Api) -> FindingQuerySet:
    """Return what scanners found on an API."""
    return Finding.objects.filter(api=api).exclude(source_kind=OURS)


def of_repository(content: bytes, repository: str) -> bytes:
    document: dict[str, Any] = json.loads(content)
    document["runs"][0]["versionControlProvenance"] = [{"repositoryUri": repository}]
    return json.dumps(document).encode()


def report(*rules: str, day: int = 1, repository: str = "https://github.com/shop/orders") -> bytes:
    content = sarif(*(result(rule, f"src/{rule}.py") for rule in rules), ended=f"2026-05-{day:02}T08:00:00Z")
    return of_repository(content, repository)


@pytest.fixture
def principal(fresh_database: str) -> Principal:
    return analyst()


@pytest.fixture
def manager(principal: Principal) -> Principal:
    from_table = frozenset({"security_manager"})
    return Principal(
        kind=PrincipalKind.USER,
        name="Mo",
        user_id=principal.user_id,
        organisation_roles=from_table,  # type: ignore[arg-type]  # the words of the choices
    )


@pytest.fixture
def api(principal: Principal) -> Api:
    take_in(openapi("Orders", "/orders", server="https://shop.example/v1"), "orders.json", principal)
    return Api.objects.get()


def map_repository(api: Api, manager: Principal) -> None:
    create_rule(kind="repository", pattern="git@github.com:Shop/orders.git", api=api, principal=manager, now=NOW)
    settle()


def test_what_no_rule_knows_is_counted_and_kept(principal: Principal, api: Api) -> None:
    job = take_in(report("a", "b"), "lint.sarif", principal)
    assert (job.state, told(job)["unmapped"], told(job)["created"]) == ("done", 2, 2)
    assert unmapped(principal).count() == 2
    assert not scanned(api).exists()


def test_a_rule_ties_what_came_before_it_and_the_old_rows_leave_every_count(
    principal: Principal, manager: Principal, api: Api
) -> None:
    take_in(report("a", "b", day=1), "one.sarif", principal)
    take_in(report("b", "c", day=2), "two.sarif", principal)
    map_repository(api, manager)
    held = dict(scanned(api).values_list("rule", "status"))
    assert held == {"a": "closed", "b": "new", "c": "new"}
    assert not unmapped(principal).exists()
    assert set(Finding.objects.filter(api=None).values_list("moved_to__rule", flat=True)) == {"a", "b", "c"}
    spans = Presence.objects.filter(finding__in=scanned(api)).values_list("finding__rule", "since__day", "until__day")
    assert set(spans) == {("a", 1, 2), ("b", 1, None), ("c", 2, None)}


def test_mapping_before_or_after_leaves_the_same_on_the_api(principal: Principal, manager: Principal, api: Api) -> None:
    reports = [report("a", "b", day=1), report("b", day=2), report("a", "c", day=3)]
    for number, content in enumerate(reports):
        take_in(content, f"{number}.sarif", principal)
    map_repository(api, manager)
    after = _presence(api)
    Presence.objects.all().delete()
    other = take_in(openapi("Copy", "/orders"), "copy.json", principal)
    copy = Api.objects.get(name="Copy")
    assert other.state == "done"
    MappingRule.objects.update(ended_at=NOW)
    map_repository(copy, manager)
    for number, content in enumerate(reversed(reports)):
        take_in(content, f"again {number}.sarif", principal, series="other")
    assert _presence(copy) == after


def _presence(api: Api) -> set[tuple[Any, ...]]:
    rows = Presence.objects.filter(finding__in=scanned(api))
    return set(rows.values_list("finding__rule", "since", "until", "from_scan__digest", "until_scan__digest"))


def test_decisions_come_along(principal: Principal, manager: Principal, api: Api) -> None:
    take_in(report("a"), "one.sarif", principal)
    loose = Finding.objects.get()
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="Generated code.")
    decide(target=Target(finding_ids=(loose.pk,)), statement=statement, principal=manager, now=NOW)
    map_repository(api, manager)
    held = scanned(api).get()
    assert held.status == "false_positive"
    copied = Decision.objects.get(finding=held)
    assert (copied.kind, copied.reason, copied.at) == ("false_positive", "Generated code.", NOW)


def test_a_scan_that_finds_nothing_in_a_mapped_repository_closes_there(
    principal: Principal, manager: Principal, api: Api
) -> None:
    take_in(report("a", day=1), "one.sarif", principal)
    map_repository(api, manager)
    job = take_in(report(day=2), "two.sarif", principal)
    assert told(job)["closed"] == 1
    assert scanned(api).get().status == "closed"


def test_the_preview_counts_what_the_rule_then_ties(principal: Principal, manager: Principal, api: Api) -> None:
    take_in(report("a", "b"), "one.sarif", principal)
    take_in(report("c", repository="https://github.com/shop/other"), "two.sarif", principal, series="other")
    seen = preview_rule(kind="repository", pattern="github.com/shop/orders", principal=manager)
    assert (seen.count, {finding.rule for finding in seen.sample}) == (2, {"a", "b"})
    map_repository(api, manager)
    assert scanned(api).count() == seen.count
    assert [finding.rule for finding in unmapped(manager)] == ["c"]


def test_an_ended_rule_ties_nothing_more(principal: Principal, manager: Principal, api: Api) -> None:
    map_repository(api, manager)
    end_rule(rule=MappingRule.objects.get(), principal=manager, now=NOW)
    take_in(report("a"), "one.sarif", principal)
    assert unmapped(principal).count() == 1


def test_rules_need_the_right_on_the_api_and_a_pattern(principal: Principal, manager: Principal, api: Api) -> None:
    with pytest.raises(AccessRefused):
        create_rule(kind="host", pattern="shop.example", api=api, principal=principal, now=NOW)
    team = Team.objects.create(slug="payments", name="Payments")
    give_team(api=api, team=team, now=NOW)
    user = User.objects.create(email="owner@shop.example", name="Ow")
    owner = Principal(kind=PrincipalKind.USER, name="Ow", user_id=user.pk, team_roles=((team.pk, TeamRole.OWNER),))
    create_rule(kind="host", pattern="shop.example", api=api, principal=owner, now=NOW)
    for kind, pattern in (("host", "  "), ("moon", "x"), ("host", "https://shop.example")):
        with pytest.raises(FindingsRefused):
            create_rule(kind=kind, pattern=pattern, api=api, principal=manager, now=NOW)
    assert MappingRule.objects.count() == Job.objects.filter(kind="findings.map").count() == 1


def test_an_uploader_cannot_reach_an_api_of_another_team_through_its_rules(
    principal: Principal, manager: Principal, api: Api
) -> None:
    map_repository(api, manager)
    give_team(api=api, team=Team.objects.create(slug="payments", name="Payments"), now=NOW)
    logistics = Team.objects.create(slug="logistics", name="Logistics")
    user = User.objects.create(email="stranger@shop.example", name="Io")
    user.memberships.create(team=logistics, role=TeamRole.MEMBER)
    stranger = Principal(
        kind=PrincipalKind.USER, name="Io", user_id=user.pk, team_roles=((logistics.pk, TeamRole.MEMBER),)
    )
    job = take_in(report("a"), "one.sarif", stranger)
    assert (job.state, told(job)["unmapped"]) == ("done", 1)
    assert not scanned(api).exists()
    assert unmapped(stranger).count() == 1


@pytest.mark.parametrize(
    "written",
    [
        "https://github.com/Shop/Orders.git", "git@github.com:shop/orders.git", "ssh://git@github.com/shop/orders/",
        "github.com/shop/orders", "https://token:x@github.com/shop/orders",
    ],
)  # fmt: skip
def test_a_repository_is_known_however_it_is_written(written: str) -> None:
    assert repository_key(written) == "github.com/shop/orders"


def test_patterns_of_hosts_and_paths_lose_what_rules_do_not_compare() -> None:
    assert clean_pattern(RuleKind.HOST, "https://API.Shop.example:443/v1") == "api.shop.example"
    assert clean_pattern(RuleKind.PATH, "shop.example/orders/") == "shop.example/orders"
    assert clean_pattern(RuleKind.FILE, "/services/orders/") == "services/orders"


def test_the_digest_of_the_state_does_not_read_the_clock(principal: Principal, api: Api) -> None:
    take_in(report("a"), "one.sarif", principal)
    assert state_digest(now=NOW)[0] == state_digest(now=NOW + DAY)[0]


def test_a_rule_about_a_series_ties_what_its_preview_counted(
    principal: Principal, manager: Principal, api: Api
) -> None:
    take_in(report("a", "b"), "one.sarif", principal, series="nightly")
    take_in(report("c"), "two.sarif", principal)
    assert preview_rule(kind="series", pattern="nightly", principal=manager).count == 2
    create_rule(kind="series", pattern="nightly", api=api, principal=manager, now=NOW)
    settle()
    assert set(scanned(api).values_list("rule", flat=True)) == {"a", "b"}
    assert [finding.rule for finding in unmapped(manager)] == ["c"]


def test_no_rule_is_about_the_series_of_reports_without_a_name(principal: Principal, manager: Principal) -> None:
    with pytest.raises(FindingsRefused, match="without a name of its own"):
        preview_rule(kind="series", pattern="upload", principal=manager)


def test_a_report_is_tied_by_hand_once_and_what_a_url_places_stays_there(principal: Principal, api: Api) -> None:
    described = openapi("Carts", "/lines", server="https://carts.shop.example")
    take_in(described, "carts.json", principal)
    placed = {"ruleId": "web", "message": {"text": "x"}, "locations": [{"physicalLocation": {"artifactLocation": {
        "uri": "https://carts.shop.example/lines"}}}]}  # fmt: skip
    content = sarif(result("a", "src/a.py"), result("b", "src/b.py"), placed)
    take_in(content, "mixed.sarif", principal)
    held = Report.objects.get(name="mixed.sarif")
    tie_report(report=held, api=api, principal=principal, now=NOW)
    settle()
    assert not unmapped(principal).exists()
    owned = dict(Finding.objects.filter(moved_to=None).exclude(source_kind=OURS).values_list("rule", "api__name"))
    assert owned == {"a": api.name, "b": api.name, "web": "Carts"}
    # It was for once: what comes next waits again.
    take_in(report("z", repository=""), "next.sarif", principal)
    assert unmapped(principal).count() == 1


def test_a_tied_report_has_what_it_had_if_it_were_uploaded_for_the_api(principal: Principal, api: Api) -> None:
    take_in(report("a", "b", repository=""), "one.sarif", principal)
    tie_report(report=Report.objects.get(name="one.sarif"), api=api, principal=principal, now=NOW)
    settle()
    tied = set(scanned(api).values_list("fingerprint", "status", "present", "first_seen"))
    job = take_in(report("a", "b", repository=""), "again.sarif", principal, api=api.code)
    assert (told(job)["created"], told(job)["unchanged"]) == (0, 2)
    assert set(scanned(api).values_list("fingerprint", "status", "present", "first_seen")) == tied


def test_a_report_whose_document_is_gone_says_so(principal: Principal, api: Api) -> None:
    take_in(report("a", repository=""), "one.sarif", principal)
    Report.objects.update(blob=None)
    with pytest.raises(FindingsRefused, match="upload it again and name the API"):
        tie_report(report=Report.objects.get(), api=api, principal=principal, now=NOW)
