"""Logs come in like any document, and mapping rules for hosts and paths speak of calls too."""

import json

import pytest

from findings.services.mapping import create_rule, end_rule
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.records import Principal
from inventory.jobs.models import Blob, Job
from inventory.models import Api, Endpoint, Observation
from posture.services.digest import digest_here
from tests.findings.reports import NOW, analyst, openapi, settle, take_in, told
from tests.inventory.access.people import person

pytestmark = pytest.mark.usefixtures("fresh_database")


def log(*paths: str, host: str = "api.shop.example", day: str = "2026-05-01") -> bytes:
    """Return a JSON access log with a GET on each path."""
    lines = [
        json.dumps({"time": f"{day}T10:00:00Z", "host": host, "method": "GET", "uri": path, "status": 200})
        for path in paths
    ]
    return "\n".join(lines).encode()


def manager() -> Principal:
    """Return somebody who may make mapping rules for all."""
    user = person(OrganisationRole.SECURITY_MANAGER)
    return Principal(
        kind=PrincipalKind.USER, name="M", user_id=user.pk,
        organisation_roles=frozenset({OrganisationRole.SECURITY_MANAGER}),
    )  # fmt: skip


def calls() -> dict[str, int | None]:
    return {f"{row.api.name} {row.path}": row.calls for row in Endpoint.objects.known().select_related("api")}


def test_a_log_is_read_by_a_job_tells_what_came_of_it_and_its_bytes_go() -> None:
    who = analyst()
    take_in(openapi("Orders", "/orders/{id}", server="https://api.shop.example/v1"), "orders.json", who)
    content = log("/v1/orders/7", "/v1/orders/8?token=hunter2", "/v1/admin") + b"\nnonsense\n"
    job = take_in(content, "access.log", who)
    result = told(job)
    assert {name: result[name] for name in ("lines", "calls", "skipped", "unmapped_calls", "endpoints_learned")} == {
        "lines": 4, "calls": 3, "skipped": 1, "unmapped_calls": 0, "endpoints_learned": 1}  # fmt: skip
    assert "the first: line 4: This is no line of the combined format." in result["note"]
    assert [link["label"] for link in result["links"]] == ["Orders"]
    assert calls() == {"Orders /orders/{id}": 2, "Orders /admin": 1}
    assert Blob.objects.get(pk=job.arguments["blob"]).expires_at == NOW
    assert not Observation.objects.filter(path_key__contains="hunter2").exists()
    assert Job.objects.filter(kind="posture.score").exists()
    assert "nothing changed" in told(take_in(content, "again.log", who))["note"]
    assert calls() == {"Orders /orders/{id}": 2, "Orders /admin": 1}


def test_a_log_without_a_request_fails_with_one_sentence_and_leaves_nothing() -> None:
    job = take_in(b"hello\n", "access.log", analyst(), format="access_log")
    assert job.state == "failed"
    assert "No line of the 1 tells of a request" in job.error
    assert not Observation.objects.exists()


def test_a_mapping_rule_ties_calls_that_no_address_does_before_and_after_it() -> None:
    who, boss = analyst(), manager()
    take_in(openapi("Orders", "/orders"), "orders.json", who)
    api = Api.objects.get()
    assert told(take_in(log("/orders", "/new", host="odd.example"), "a.log", who))["unmapped_calls"] == 2
    rule, _ = create_rule(kind="host", pattern="odd.example", api=api, principal=boss, now=NOW)
    settle()
    assert calls() == {"Orders /orders": 1, "Orders /new": 1}
    take_in(log("/orders", host="odd.example", day="2026-05-02"), "b.log", who)
    assert calls()["Orders /orders"] == 2
    end_rule(rule=rule, principal=boss, now=NOW)
    assert told(take_in(log("/orders", host="odd.example", day="2026-05-03"), "c.log", who))["unmapped_calls"] == 1
    assert calls()["Orders /orders"] == 2


def test_a_rule_for_a_path_speaks_of_what_is_below_it() -> None:
    who = analyst()
    take_in(openapi("Orders", "/orders"), "orders.json", who)
    take_in(log("/shop/orders", "/other", host="odd.example"), "a.log", who)
    create_rule(kind="path", pattern="odd.example/shop", api=Api.objects.get(), principal=manager(), now=NOW)
    settle()
    assert Observation.objects.filter(api=None).count() == 1


def test_the_state_digest_tells_of_calls() -> None:
    who = analyst()
    before = digest_here(now=NOW)[0]
    take_in(log("/a"), "a.log", who)
    after = digest_here(now=NOW)
    assert after[0] != before
    assert {table.name: table.rows for table in after[1]}["observations"] == 1
