"""Jobs by REST: how they stand, what came of them, who sees them and who stops them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import Token, User
from inventory.access.selectors import principal_of, principal_of_token
from inventory.jobs.models import Job
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db
COUNTS = {"created", "updated", "unchanged", "closed", "reopened", "skipped", "unmapped"}


def job_of(user: User, *, token: bool = False, **values: Any) -> Job:
    principal = principal_of(user, now=NOW)
    if token:
        principal = principal_of_token(Token.objects.latest("pk"), now=NOW)
    facts = {"kind": "findings.report", "title": "Read x", "queue": "bulk", "state": "queued", "created_at": NOW}
    if values.get("state", "queued") not in {"queued", "running"}:
        facts["finished_at"] = NOW
    return Job.objects.create(**{**facts, **values}, principal=principal.stored(), user=user)


def test_a_job_that_waits_has_all_counts_at_zero() -> None:
    user = person(OrganisationRole.ANALYST)
    job = job_of(user)
    told = Caller(user=user).get(f"jobs/{job.pk}/")
    assert told["state"] == "queued"
    assert told["progress"] == {"done": None, "total": None, "percent": None, "stage": None}
    assert {name: told["result"][name] for name in COUNTS} == dict.fromkeys(COUNTS, 0)
    assert (told["error"], told["started_at"], told["id"]) == (None, None, str(job.pk))


def test_a_running_and_a_done_job_say_how_far_and_what() -> None:
    user = person(OrganisationRole.ANALYST)
    running = job_of(user, state="running", progress={"done": 3, "total": 12, "stage": "Read", "stages": ["Read"]})
    told = Caller(user=user).get(f"jobs/{running.pk}/")
    assert told["progress"] == {"done": 3, "total": 12, "percent": 25, "stage": "Read"}
    result = {"created": 5, "removed": 2, "note": "Hm.", "links": [{"label": "A", "url": "/apis/A/"}], "api_ids": [1]}
    done = Caller(user=user).get(f"jobs/{job_of(user, state='done', result=result).pk}/")
    assert done["result"] == {
        **dict.fromkeys(COUNTS, 0),
        "created": 5,
        "note": "Hm.",
        "links": [{"label": "A", "url": "/apis/A/"}],
    }


@pytest.mark.parametrize("state", ["failed", "cancelled", "quarantined"])
def test_a_job_that_ended_badly_says_why(state: str) -> None:
    user = person(OrganisationRole.ANALYST)
    job = job_of(user, state=state, error="The file is torn.")
    told = Caller(user=user).get(f"jobs/{job.pk}/")
    assert (told["state"], told["error"]) == (state, "The file is torn.")
    assert {name: told["result"][name] for name in COUNTS} == dict.fromkeys(COUNTS, 0)


def test_a_foreign_job_looks_exactly_like_none() -> None:
    payments = team()
    member, other = person(member_of=payments), person(member_of=payments)
    job, absent = job_of(other), uuid4()
    caller = Caller(user=member)
    for address in ("jobs/{}/", "jobs/{}/cancel/"):
        ask = caller.post if "cancel" in address else caller.get
        foreign = ask(address.format(job.pk))
        assert caller.status == 404
        assert str(foreign).replace(str(job.pk), str(absent)) == str(ask(address.format(absent)))
    caller.get("jobs/not-a-uuid/")
    assert caller.status == 404


def test_a_token_sees_its_own_jobs_whatever_its_scope_and_all_only_with_an_organisation_role_and_sight() -> None:
    user = person(OrganisationRole.ANALYST)
    of_person = job_of(user)
    sees, uploads = token_of(user), token_of(user, "upload")
    own = job_of(user, token=True)
    for token, address, status in (
        (sees, of_person, 200),
        (uploads, own, 200),
        (uploads, of_person, 404),
    ):
        caller = Caller(token=token)
        caller.get(f"jobs/{address.pk}/")
        assert caller.status == status
    member = person(member_of=team())
    foreign = job_of(member)
    caller = Caller(token=token_of(member))
    caller.get(f"jobs/{foreign.pk}/")
    assert caller.status == 404


def test_stopping_a_job_is_for_its_own_and_for_those_who_upload_for_all() -> None:
    user = person(OrganisationRole.RESPONDER)
    job = job_of(person(OrganisationRole.ANALYST))
    caller = Caller(user=user)
    refusal = caller.post(f"jobs/{job.pk}/cancel/")
    assert caller.status == 403
    assert "Team owner" in refusal["error"]["message"]
    seeing = Caller(token=token_of(person(OrganisationRole.ANALYST), "see"))
    refusal = seeing.post(f"jobs/{job.pk}/cancel/")
    assert seeing.status == 403
    assert "it has not the scope upload" in refusal["error"]["message"]
    manager = Caller(user=person(OrganisationRole.SECURITY_MANAGER))
    assert manager.post(f"jobs/{job.pk}/cancel/")["state"] == "cancelled"
    assert manager.status == 202
    assert manager.post(f"jobs/{job.pk}/cancel/")["state"] == "cancelled"


def test_a_job_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    user = person(OrganisationRole.ANALYST)
    caller = Caller(token=token_of(user))
    job = job_of(user)
    caller.get(f"jobs/{job.pk}/")
    with django_assert_max_num_queries(3):
        caller.get(f"jobs/{job.pk}/")


def ids(caller: Caller, **asked: str) -> list[str]:
    return [row["id"] for row in caller.walk("jobs/", **asked)]


def test_jobs_are_walked_from_the_newest_each_once_whatever_is_added() -> None:
    user = person(OrganisationRole.ANALYST)
    made = [job_of(user, created_at=NOW + timedelta(seconds=number // 2)) for number in range(9)]
    expected = [str(job.pk) for job in sorted(made, key=lambda job: (job.created_at, job.pk), reverse=True)]
    caller = Caller(user=user)
    assert ids(caller, page_size="1") == ids(caller, page_size="4") == ids(caller) == expected
    first = caller.get("jobs/", page_size=4)
    job_of(user, created_at=NOW + timedelta(days=1))
    second = caller.get(first["next"])
    assert [row["id"] for row in second["results"]] == expected[4:8]


def test_the_list_of_jobs_is_narrowed_by_a_closed_set() -> None:
    user = person(OrganisationRole.ANALYST)
    queued, running = job_of(user), job_of(user, state="running", kind="connections.run")
    done = job_of(user, state="done")
    caller = Caller(user=user)
    for asked, expected in (
        ({"state": "queued"}, {queued}),
        ({"live": "true"}, {queued, running}),
        ({"live": "false"}, {done}),
        ({"kind": "connections.run"}, {running}),
        ({"kind": "connections.run", "live": "false"}, set()),
    ):
        assert set(ids(caller, **asked)) == {str(job.pk) for job in expected}, asked
    for name, value in (
        ("state", "odd"),
        ("live", "1"),
        ("kind", "x"),
        ("cursor", "x~y"),
        ("user", "1"),
        ("cursor", ""),
    ):
        assert caller.get("jobs/", **{name: value})["error"]["field"] == name


def test_the_list_holds_what_one_job_would_show() -> None:
    payments = team()
    member, other = person(member_of=payments), person(member_of=payments)
    own, foreign = job_of(member), job_of(other)
    uploads, sees = token_of(member, "upload"), token_of(person(OrganisationRole.AUDITOR))
    asked = job_of(member, token=True)
    Job.objects.filter(pk=asked.pk).update(principal=principal_of_token(Token.objects.earliest("pk"), now=NOW).stored())
    assert set(ids(Caller(user=member))) == {str(own.pk), str(asked.pk)}
    assert ids(Caller(user=other)) == [str(foreign.pk)]
    assert ids(Caller(token=uploads)) == [str(asked.pk)]
    assert len(ids(Caller(token=sees))) == 3
    assert ids(Caller(user=person())) == []
    stranger = Caller()
    assert (stranger.get("jobs/")["error"]["code"], stranger.status) == ("unauthenticated", 401)


def test_a_page_of_jobs_takes_as_many_queries_for_40_as_for_one(django_assert_num_queries: Any) -> None:
    user = person(OrganisationRole.ANALYST)
    for _ in range(40):
        job_of(user)
    caller = Caller(token=token_of(user))
    caller.get("jobs/")
    for size in (1, 40):
        with django_assert_num_queries(3):
            assert len(caller.get("jobs/", page_size=size)["results"]) == size
