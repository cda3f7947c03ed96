"""Reports that tests write themselves, and the way they go in."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from findings.services.upload import receive_upload
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.models import OrganisationRoleGrant, User
from inventory.access.records import Principal
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def analyst() -> Principal:
    """Return somebody who may upload for the whole organisation."""
    user, _ = User.objects.get_or_create(email="analyst@shop.example", name="An Analyst")
    OrganisationRoleGrant.objects.get_or_create(user=user, role=OrganisationRole.ANALYST)
    return Principal(
        kind=PrincipalKind.USER, name=user.name, user_id=user.pk,
        organisation_roles=frozenset({OrganisationRole.ANALYST}),
    )  # fmt: skip


def sarif(*results: dict[str, Any], tool: str = "lint", ended: str = "2026-05-01T08:00:00Z") -> bytes:
    """Return a SARIF 2.1.0 log of one run."""
    driver = {"name": tool, "rules": [{"id": result["ruleId"]} for result in results[:1]]}
    invocations = [{"executionSuccessful": True, "endTimeUtc": ended}]
    run = {"tool": {"driver": driver}, "invocations": invocations, "results": list(results)}
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def result(rule: str, file: str, *, level: str = "error", text: str = "Something is wrong.") -> dict[str, Any]:
    """Return one SARIF result in a file."""
    place = {"physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 3}}}
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [place]}


def openapi(title: str, *paths: str, server: str = "", **info: Any) -> bytes:
    """Return an OpenAPI 3.0 document with a GET on each path."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1.0.0", **info},
        "paths": {path: {"get": {"responses": {"200": {"description": "ok"}}}} for path in paths},
    }
    return json.dumps(document | ({"servers": [{"url": server}]} if server else {})).encode()


def send(content: bytes, name: str, principal: Principal, *, now: datetime = NOW, **options: str) -> Job:
    """Upload a document and return the job, still waiting."""
    return receive_upload(file=BytesIO(content), name=name, options=options, principal=principal, now=now)


def told(job: Job) -> dict[str, Any]:
    """Return what a job that is done says of itself."""
    assert job.state == "done", (job.state, job.error)
    result: dict[str, Any] = job.result or {}
    return result


def settle(*, now: datetime = NOW) -> None:
    """Do every job that waits for nothing but a worker, and those that they ask for."""
    while waiting := list(Job.objects.filter(state="queued", not_before=None).order_by("created_at")):
        for job in waiting:
            run_job(job_id=job.pk, now=now)


def take_in(content: bytes, name: str, principal: Principal, *, now: datetime = NOW, **options: str) -> Job:
    """Upload a document, do its job here, and return the job as it ended. Needs a database where commits are real."""
    job = send(content, name, principal, now=now, **options)
    run_job(job_id=job.pk, now=now)
    job.refresh_from_db()
    return job
