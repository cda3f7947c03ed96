"""Who asks for scores, and how many jobs that makes."""

import pytest

from inventory.jobs.choices import Queue, State
from inventory.jobs.models import Job
from inventory.models import Api
from posture.services import asking
from posture.services.asking import ask_for_all_scores, ask_for_scores, ask_to_judge, asked_of
from tests.posture.services.estates import NOW, later, make_api

pytestmark = pytest.mark.django_db


def ask(*api_ids: int, cause: str = "a report came in") -> Job:
    job = ask_for_scores(api_ids=api_ids, cause=cause, now=NOW)
    assert job is not None
    return job


def test_a_burst_of_causes_is_one_waiting_job_that_names_them() -> None:
    jobs = {ask(7, 3, cause=cause).pk for cause in ("a report came in", "team set by Ada", "a report came in")}

    assert len(jobs) == 1
    job = Job.objects.get(pk__in=jobs)
    assert job.arguments == {"api_ids": [3, 7], "causes": ["a report came in", "team set by Ada"]}
    assert job.queue == Queue.SHORT


def test_the_newest_causes_are_kept_when_there_are_many() -> None:
    for number in range(40):
        job = ask(1, cause=f"cause {number}")

    job.refresh_from_db()
    assert job.arguments["causes"] == [f"cause {number}" for number in range(35, 40)]


def test_a_job_that_runs_has_read_already_so_another_is_written() -> None:
    first = ask(1)
    Job.objects.filter(pk=first.pk).update(state=State.RUNNING, key=None)

    assert ask(1).pk != first.pk


def test_other_apis_join_the_waiting_job_each_with_its_own_causes() -> None:
    jobs = {
        ask(1, cause="a").pk, ask(1, 2, cause="b").pk, ask(3, cause="c").pk, ask(3, cause="c").pk, ask(1, cause="d").pk
    }  # fmt: skip

    assert len(jobs) == 1
    told = Job.objects.get().arguments
    assert asked_of(told) == {1: "a; d; b", 2: "b", 3: "c"}


def test_one_job_grows_to_a_batch_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BATCH", 3)
    for number in range(1, 8):
        ask_for_scores(api_ids=[number], cause="a report", now=later(minutes=number))

    assert [len(asked_of(job.arguments)) for job in Job.objects.order_by("created_at")] == [3, 3, 1]


def test_what_is_to_be_judged_joins_the_waiting_job_and_what_moved_stays_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BATCH", 3)
    for minute, (api_ids, moved) in enumerate((((1, 2), [2]), ((2, 3), []), ((3,), [3]), ((4,), [4]))):
        ask_to_judge(api_ids=api_ids, moved=moved, now=later(minutes=minute))

    assert [job.arguments for job in Job.objects.order_by("created_at")] == [
        {"api_ids": [1, 2, 3], "moved": [2, 3]}, {"api_ids": [4], "moved": [4]}
    ]  # fmt: skip


def test_no_apis_are_no_job() -> None:
    assert ask_for_scores(api_ids=[], cause="nothing", now=NOW) is None
    assert not Job.objects.exists()


def test_a_thousand_apis_fit_into_one_job() -> None:
    assert ask(*range(1, 5001)).arguments["api_ids"][-1] == 5000


def test_all_apis_are_asked_for_in_batches_behind_the_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BATCH", 2)
    apis = [make_api() for _ in range(5)]

    assert ask_for_all_scores(now=NOW) == 3
    assert ask_for_all_scores(now=NOW) == 3

    jobs = Job.objects.order_by("created_at")
    assert {job.queue for job in jobs} == {Queue.BULK}
    assert sorted(len(job.arguments["api_ids"]) for job in jobs) == [1, 2, 2]
    assert sorted(key for job in jobs for key in job.arguments["api_ids"]) == [api.pk for api in apis]
    assert Api.objects.count() == 5
