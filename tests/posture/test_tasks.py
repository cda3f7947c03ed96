"""The roof's jobs, run as a worker runs them."""

import subprocess
import time
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.utils import timezone

from findings.models import Finding
from findings.signals import decisions_recorded
from inventory.access.records import SYSTEM
from inventory.jobs import registry
from inventory.jobs.choices import Queue, State
from inventory.jobs.models import Job
from inventory.jobs.records import Run
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.running import run_job
from inventory.signals import ApisChanged
from posture.models import ApiScore, Compliance, CurrentScore, Fix
from posture.services.asking import JUDGE, SCORE, SCORE_ALL, ask_for_scores
from posture.services.rescore import score_apis
from tests.posture.services.estates import NOW, later, make_api, make_finding


@pytest.mark.usefixtures("fresh_database")
def test_a_job_scores_its_apis_and_names_its_causes() -> None:
    api = make_api()
    make_finding(api)
    for cause in ("report RPT-1 came in", "reach set by Ada"):
        job = ask_for_scores(api_ids=[api.pk], cause=cause, now=timezone.now())
    assert job is not None

    assert run_job(job_id=job.pk, now=NOW) == State.DONE

    job.refresh_from_db()
    assert job.result == {"scored": 1, "changed": 1}
    point = ApiScore.objects.get(api=api)
    assert (point.cause, point.at) == ("report RPT-1 came in; reach set by Ada", NOW)


@pytest.mark.usefixtures("fresh_database")
def test_what_fixing_buys_and_what_is_met_follow_a_score_in_a_job_of_their_own() -> None:
    api, quiet = make_api(), make_api()
    make_finding(api)
    job = ask_for_scores(api_ids=[api.pk, quiet.pk], cause="report RPT-1 came in", now=timezone.now())
    assert job is not None
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    assert not Fix.objects.exists()

    follows = Job.objects.get(kind=JUDGE, state=State.QUEUED)
    assert run_job(job_id=follows.pk, now=NOW) == State.DONE

    assert set(Fix.objects.values_list("api", "count")) == {(api.pk, 1)}
    assert set(Compliance.objects.values_list("api", flat=True)) == {api.pk, quiet.pk}


@pytest.mark.usefixtures("fresh_database")
def test_all_apis_are_scored_in_batches_of_their_own() -> None:
    apis = [make_api() for _ in range(3)]
    job = enqueue(kind=SCORE_ALL, arguments={}, principal=SYSTEM, now=timezone.now())

    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    [batch] = Job.objects.filter(kind=SCORE_ALL, state=State.QUEUED)
    assert run_job(job_id=batch.pk, now=NOW) == State.DONE

    assert CurrentScore.objects.filter(computed_at=NOW).count() == len(apis)


def test_scores_after_a_cause_do_not_wait_behind_imports_and_all_of_them_do() -> None:
    assert registry.find(SCORE).queue == Queue.SHORT
    assert registry.find(SCORE_ALL).queue == Queue.BULK
    assert {plan.kind: plan.rule for plan in registry.PLANNED.values()}[SCORE_ALL].startswith("daily ")


@pytest.mark.django_db
def test_a_job_that_is_run_twice_writes_once() -> None:
    api = make_api()
    run = Run(job_id=None, arguments={"api_ids": [api.pk], "causes": ["once"]}, principal=SYSTEM, now=NOW)  # type: ignore[arg-type] # no job here

    results = [registry.find(SCORE).work(run) for _ in range(2)]

    assert results == [{"scored": 1, "changed": 1}, {"scored": 1, "changed": 0}]


def test_a_score_follows_its_cause_by_a_worker(worker: subprocess.Popen[bytes]) -> None:
    api = make_api()
    found = make_finding(api, severity=1)
    score_apis(api_ids=[api.pk], cause="before", now=datetime(2026, 1, 1, tzinfo=UTC))
    before = CurrentScore.objects.get(api=api).score

    with transaction.atomic():
        Finding.objects.filter(pk=found.pk).update(severity=4)
        decisions_recorded.send(Finding, result=ApisChanged(api_ids=(api.pk,), cause="a decision"))
    start = time.monotonic()
    while CurrentScore.objects.get(api=api).score == before and time.monotonic() - start < 30:
        time.sleep(0.05)

    assert worker.poll() is None
    current = CurrentScore.objects.select_related("point").get(api=api)
    assert current.score > before
    assert current.point is not None
    assert current.point.cause == "a decision"
    assert current.computed_at > later(days=-365)
