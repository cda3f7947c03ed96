"""Each check on documents of ours, taken in the way of every document: one that passes, one that fails, one unknown."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from findings.models import CheckResult, Coverage, Finding
from findings.services.checking import check_apis
from inventory.access.models import Team
from inventory.access.records import SYSTEM
from inventory.checks.base import checks
from inventory.models import Api, Fact
from inventory.services.candidates import adopt_host
from inventory.services.classify import Person, assign_person, assign_team, classify_api
from tests.findings.reports import NOW, analyst, result, sarif, settle, take_in
from tests.inventory.access.people import person

pytestmark = pytest.mark.usefixtures("module_database")

DAY = "2026-05-20"
"""Less than 30 days before NOW."""
OAUTH = {"oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example", "scopes": {}}}}}
SIGNED = {"security": [{"oauth": []}], "components": {"securitySchemes": OAUTH}}
OPEN: dict[str, Any] = {"security": []}


def operation(*parameters: tuple[str, str, dict[str, str]], answers: tuple[str, ...] = ("200",), **more: Any) -> Any:
    """Return an operation with parameters as (name, where, schema)."""
    listed = [
        {"name": name, "in": where, "required": where == "path", "schema": schema} for name, where, schema in parameters
    ]
    return {"parameters": listed, "responses": {answer: {"description": "An answer."} for answer in answers}, **more}


PLAIN = {"/orders": {"get": operation()}}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What is known of one API: its specification, calls as (uri, auth, status, day), and what people said."""

    paths: dict[str, Any] | None = None
    root: dict[str, Any] = field(default_factory=dict)
    server: str = "https://{host}"
    calls: tuple[tuple[str, str, int, str], ...] = ()
    stated: dict[str, str] = field(default_factory=dict)
    scan: tuple[bytes, dict[str, str]] | None = None
    owned: bool = False
    proposed: str = ""
    at: tuple[str, str] = ("", "")
    """Method and path of the endpoint the result is about; of the API without."""


def spec(paths: dict[str, Any] | None = None, **more: Any) -> Sample:
    return Sample(paths=PLAIN if paths is None else paths, **more)


def called(*calls: tuple[str, str, int], day: str = DAY) -> tuple[tuple[str, str, int, str], ...]:
    return tuple((*call, day) for call in calls)


ADMIN = {"/admin/users": {"get": operation()}}
ADMIN_AT = ("GET", "/admin/users")
ORDERS_AT = ("GET", "/orders")
RESTRICTED = {"sensitivity": "restricted"}
DEPRECATED = {"/v0": {"get": operation(deprecated=True)}}
V0_AT = ("GET", "/v0")
REPORT = sarif(result("rule", "a.py"), ended="2026-05-10T08:00:00Z")


def basic(kind: dict[str, str] | None) -> dict[str, Any]:
    return {"security": [{"key": []}], **({"components": {"securitySchemes": {"key": kind}}} if kind else {})}


def numbered(schema: dict[str, str]) -> Sample:
    path = "/orders/{orderId}"
    return spec({path: {"get": operation(("orderId", "path", schema))}}, at=("GET", path))


def asked(name: str) -> Sample:
    return spec({"/orders": {"get": operation((name, "query", {"type": "string"}))}}, at=ORDERS_AT)


def answering(*names: str) -> Sample:
    """Return an API whose orders are answered as a list of things with these members, by a shared schema."""
    thing = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    answers = {"200": {"description": "Them.", "content": {"application/json": {"schema": schema}}}}
    listed = {"/orders": {"get": operation() | {"responses": answers}}}
    return spec(listed, root={"components": {"schemas": {"Order": thing}}}, at=ORDERS_AT)


LEARNED = spec(calls=called(("/orders", "bearer", 200), ("/extra", "bearer", 200)), at=("GET", "/extra"))

SAMPLES: dict[str, tuple[Sample, Sample, Sample]] = {
    "administration-open": (
        spec(ADMIN, root=SIGNED, at=ADMIN_AT),
        spec(ADMIN, root=SIGNED, calls=called(("/admin/users", "none", 200)), at=ADMIN_AT),
        spec(ADMIN, at=ADMIN_AT),
    ),
    "sensitive-open": (
        spec(calls=called(("/orders", "bearer", 200)), stated=RESTRICTED, at=ORDERS_AT),
        spec(root=OPEN, stated=RESTRICTED, at=ORDERS_AT),
        spec(),
    ),
    "authentication-not-enforced": (
        spec(root=SIGNED, calls=called(("/orders", "bearer", 200), ("/orders", "none", 401)), at=ORDERS_AT),
        spec(root=SIGNED, calls=called(("/orders", "bearer", 200), ("/orders", "none", 200)), at=ORDERS_AT),
        spec(root=SIGNED, at=ORDERS_AT),
    ),
    "basic-authentication": (
        spec(root=SIGNED),
        spec(root=basic({"type": "http", "scheme": "Basic"})),
        spec(root=basic(None)),
    ),
    "clear-text": (spec(), spec(server="http://{host}"), spec(server="/v1")),
    "credentials-in-address": (asked("page"), asked("api_key"), replace(LEARNED)),
    "personal-data-in-address": (asked("orderNumber"), asked("cardNumber"), replace(LEARNED)),
    "card-data-in-response": (answering("cardLast4", "cardToken"), answering("id", "cardNumber"), spec(at=ORDERS_AT)),
    "countable-ids": (
        numbered({"type": "string", "format": "uuid"}), numbered({"type": "integer"}), numbered({"type": "string"}),
    ),
    "rate-limit-undescribed": (
        spec({"/orders": {"get": operation(answers=("200", "429"))}}),
        spec(),
        spec({"/orders": {"get": {"responses": {}}}}),
    ),
    "shadow-endpoint": (spec(calls=called(("/orders", "bearer", 200))), LEARNED, spec()),
    "zombie-endpoint": (
        spec({**PLAIN, **DEPRECATED}, calls=called(("/orders", "bearer", 200)), at=V0_AT),
        spec({**PLAIN, **DEPRECATED}, calls=called(("/v0", "bearer", 200)), at=V0_AT),
        spec({**PLAIN, **DEPRECATED}, at=V0_AT),
    ),
    "address-parameter": (asked("name"), asked("callbackUrl"), replace(LEARNED)),
    "no-specification": (spec(), Sample(calls=called(("/orders", "bearer", 200))), spec({})),
    "unowned": (spec(owned=True), spec(), spec(proposed="@shop/orders")),
    "untested": (
        spec(scan=(REPORT, {})),
        spec(scan=(sarif(result("rule", "a.py"), ended="2026-03-10T08:00:00Z"), {})),
        spec(scan=(REPORT, {"complete": "false"})),
    ),
}  # fmt: skip
WORDS = ("pass", "fail", "unknown")


def document(sample: Sample, name: str, host: str) -> bytes:
    root = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": sample.paths, **sample.root}
    return json.dumps(root | {"servers": [{"url": sample.server.format(host=host)}]}).encode()


def log(sample: Sample, host: str) -> bytes:
    rows = [
        {"time": f"{day}T10:00:00Z", "host": host, "method": "GET", "uri": uri, "status": status, "auth": auth}
        for uri, auth, status, day in sample.calls
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def made(sample: Sample, name: str, *, now: datetime = NOW) -> Api:
    """Take the documents of a sample in, do all jobs, and return its API."""
    host = f"{name}.example"
    if sample.paths is not None:
        take_in(document(sample, name, host), f"{name}.json", analyst(), now=now)
    if sample.calls:
        take_in(log(sample, host), f"{name}.log", analyst(), now=now, format="access_log", series=name)
    if sample.paths is None:
        adopt_host(host=host, team=None, principal=analyst(), now=now)
    api = Api.objects.get(name__in=[name, host])
    if sample.stated:
        classify_api(api=api, changes=sample.stated, principal=analyst(), now=now)
    if sample.scan:
        take_in(sample.scan[0], f"{name}.sarif", analyst(), now=now, api=api.code, **sample.scan[1])
    if sample.owned:
        team, _ = Team.objects.get_or_create(slug="orders", name="Orders")
        assign_team(api=api, team=team, principal=SYSTEM, now=now)
        assign_person(api=api, role=Person.OWNER, user=person(), principal=SYSTEM, now=now)
    if sample.proposed:
        Fact.objects.create(
            api=api, attribute="owner", source_kind="file", value=sample.proposed, first_seen=now, last_seen=now
        )
    settle(now=now)
    return api


def standing(api: Api, slug: str, at: tuple[str, str]) -> list[CheckResult]:
    rows = CheckResult.objects.current().filter(api=api, check_name=slug)
    method, path = at
    return list(rows.filter(endpoint__method=method, endpoint__path=path) if path else rows.filter(endpoint=None))


def test_sixteen_checks_have_three_samples_each() -> None:
    assert len(SAMPLES) == 16
    assert set(SAMPLES) == {entry.slug for entry in checks()}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("slug", sorted(SAMPLES))
def test_a_check_says_of_its_sample_what_the_sample_shows(slug: str, word: str) -> None:
    sample = SAMPLES[slug][WORDS.index(word)]
    api = made(sample, f"{slug}-{word}")
    [row] = standing(api, slug, sample.at)
    assert row.result == word, row.evidence
    assert row.evidence.endswith(".")
    assert row.since == NOW
    found = Finding.objects.filter(api=api, source_kind="posture checks", rule=slug).open()
    if word != "fail":
        assert not found.exists()
        return
    [finding] = found
    assert (finding.method, finding.path if sample.at[1] else "") == sample.at
    assert finding.weakness_class == f"posture checks:{slug}"
    assert row.evidence in finding.message


def test_a_failure_closes_when_it_passes_and_returns_as_the_same_finding() -> None:
    bad, good = SAMPLES["basic-authentication"][1], SAMPLES["basic-authentication"][0]
    api = made(bad, "basic-twice")
    [finding] = Finding.objects.filter(api=api, rule="basic-authentication")
    for later, sample, status in ((1, good, "closed"), (2, bad, "reopened"), (3, good, "closed")):
        made(sample, "basic-twice", now=NOW + timedelta(hours=later))
        finding.refresh_from_db()
        assert finding.status == status
    history = CheckResult.objects.filter(api=api, check_name="basic-authentication").order_by("since")
    assert [(row.result, row.since, row.until) for row in history] == [
        ("fail", NOW, NOW + timedelta(hours=1)),
        ("pass", NOW + timedelta(hours=1), NOW + timedelta(hours=2)),
        ("fail", NOW + timedelta(hours=2), NOW + timedelta(hours=3)),
        ("pass", NOW + timedelta(hours=3), None),
    ]


def test_what_nothing_tells_of_any_more_is_unknown_and_mended_by_nobody() -> None:
    sample = SAMPLES["authentication-not-enforced"][1]
    api = made(sample, "grown-old")
    much_later = NOW + timedelta(days=60)
    check_apis(api_ids=[api.pk], now=much_later)
    [row] = standing(api, "authentication-not-enforced", sample.at)
    assert (row.result, row.since) == ("unknown", much_later)
    finding = Finding.objects.get(api=api, rule="authentication-not-enforced")
    assert finding.status == "new"


def test_nothing_new_writes_nothing() -> None:
    api = made(SAMPLES["clear-text"][1], "twice")
    before = list(CheckResult.objects.filter(api=api).order_by("pk").values())
    checked = check_apis(api_ids=[api.pk], now=NOW + timedelta(hours=5))
    assert checked.changed == 0
    assert list(CheckResult.objects.filter(api=api).order_by("pk").values()) == before


def test_coverage_counts_checks_and_not_endpoints() -> None:
    api = made(spec({**PLAIN, **ADMIN}, root=SIGNED), "covered")
    rows = CheckResult.objects.current().filter(api=api).values_list("check_name", "result")
    by_check: dict[str, set[str]] = {}
    for name, said in rows:
        by_check.setdefault(name, set()).add(said)
    judged = sum("fail" in said or "unknown" not in said for said in by_check.values())
    held = Coverage.objects.get(api=api)
    assert (held.judged, held.applicable) == (judged, len(by_check))
    api.refresh_from_db()
    assert api.current_score.coverage == 100 * judged // len(by_check)


def test_a_retired_api_has_no_results_and_no_failures() -> None:
    api = made(SAMPLES["clear-text"][1], "retired")
    classify_api(api=api, changes={"stage": "retired"}, principal=analyst(), now=NOW + timedelta(hours=1))
    settle(now=NOW + timedelta(hours=1))
    assert not CheckResult.objects.current().filter(api=api).exists()
    assert not Finding.objects.filter(api=api).open().exists()
    assert not Coverage.objects.filter(api=api).exists()
