"""Runs by REST: what is told of one, who sees it, and what a list may be asked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job
from inventory.models import Connection, Run
from tests.callers import Caller, token_of
from tests.inventory.access.people import NOW, person, team

pytestmark = pytest.mark.django_db


def connection(name: str, held_by: Team | None = None) -> Connection:
    return Connection.objects.create(
        code=f"CON-{name}", kind="url", name=name, team=held_by, created_at=NOW, changed_at=NOW
    )


def run_of(made_of: Connection, number: int, **values: Any) -> Run:
    usual = {"state": "done", "counts": {"taken": number, "unchanged": 0, "left": 0, "faults": 0}}
    started_at = NOW + timedelta(minutes=number)
    return Run.objects.create(
        code=f"RUN-{made_of.name}{number}", connection=made_of, asked_by="Ada", started_at=started_at,
        **{**usual, **values},
    )  # fmt: skip


def test_a_run_is_told_with_what_it_left_and_the_jobs_in_sight() -> None:
    payments = team()
    member = person(member_of=payments)
    facts = {"kind": "findings.report", "title": "Read", "queue": "bulk", "created_at": NOW}
    own = Job.objects.create(**facts, user=member, principal=principal_of(member, now=NOW).stored())
    hidden = Job.objects.create(**facts, principal={"kind": "system", "name": "Posture"})
    documents = [
        {"name": f"{at}.sarif", "size": at, "job": str(job)} for at, job in enumerate((own.pk, hidden.pk, uuid4()))
    ]
    run = run_of(
        connection("A", payments), 1, state="partial", faults=[{"place": "b", "reason": "No."}], documents=documents
    )
    told = Caller(user=member).get(f"runs/{run.code}/")
    assert told == {
        "code": "RUN-A1", "connection": "CON-A", "asked_by": "Ada", "started_at": "2026-11-20T12:01:00Z",
        "state": "partial", "counts": {"taken": 1, "unchanged": 0, "left": 0, "faults": 0},
        "faults": [{"place": "b", "reason": "No."}],
        "documents": [
            {"name": "0.sarif", "size": 0, "job": str(own.pk)},
            {"name": "1.sarif", "size": 1, "job": None},
            {"name": "2.sarif", "size": 2, "job": None},
        ],
    }  # fmt: skip


def test_runs_are_listed_the_newest_first_and_narrowed() -> None:
    a, b = connection("A", team()), connection("B")
    for number in range(3):
        run_of(a, number)
    run_of(b, 9, state="failed")
    caller = Caller(token=token_of(person(OrganisationRole.AUDITOR)))

    def codes(**asked: str) -> list[str]:
        return [row["code"] for row in caller.walk("runs/", **asked)]

    assert codes(page_size="1") == ["RUN-B9", "RUN-A2", "RUN-A1", "RUN-A0"]
    assert codes(connection="CON-A") == ["RUN-A2", "RUN-A1", "RUN-A0"]
    assert codes(state="failed") == ["RUN-B9"]
    assert codes(state="failed", connection="CON-A") == []
    for name, value in (("state", "bad"), ("connection", "CON-0"), ("kind", "url")):
        assert caller.get("runs/", **{name: value})["error"]["field"] == name


def test_foreign_runs_look_exactly_like_none() -> None:
    payments = team()
    own, foreign = run_of(connection("A", payments), 1), run_of(connection("B", team("Logistics")), 1)
    nobodys = run_of(connection("C"), 1)
    member = Caller(user=person(member_of=payments))
    assert [row["code"] for row in member.walk("runs/")] == [own.code]
    for hidden in (foreign, nobodys):
        told = member.get(f"runs/{hidden.code}/")
        assert member.status == 404
        assert str(told).replace(hidden.code, "RUN-0") == str(member.get("runs/RUN-0/"))
        told = member.get("runs/", connection=hidden.connection.code)
        assert str(told).replace(hidden.connection.code, "CON-0") == str(member.get("runs/", connection="CON-0"))
