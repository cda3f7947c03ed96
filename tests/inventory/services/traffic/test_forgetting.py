"""Counts of calls are kept for a stated time; that an endpoint was called, and when last, is not forgotten."""

from datetime import datetime, time, timedelta, timezone

import pytest
from pytest_django.fixtures import Settings

from inventory.jobs import registry
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from inventory.models import Endpoint, GatewayDay, Observation, ObservedDay
from inventory.services.traffic.forgetting import forget_calls, forget_unmapped, kept_since
from inventory.tasks import FORGET
from tests.inventory.jobs.world import ask
from tests.inventory.services.traffic.logs import call, day, endpoints, make_api, specify, take_log

AT = datetime.combine(day(400), time(3, 30), tzinfo=timezone(timedelta(0)))
"""Day 0 is the first that is kept by now."""


@pytest.fixture(autouse=True)
def _kept(settings: Settings) -> None:
    settings.TRAFFIC_DAYS = 400


def days_held() -> list[int]:
    return sorted({(seen - day(0)).days for seen in Observation.objects.values_list("day", flat=True)})


@pytest.mark.django_db
def test_what_is_older_goes_and_what_is_kept_is_summed_up_anew() -> None:
    api, other = make_api(), make_api("Other", "other.example")
    take_log(*(call("GET /a", on=number, calls=10) for number in (-30, -1, 0, 7)), call("GET /b", on=3))
    take_log(call("GET /c", on=5, host="other.example"), series="west")
    forgotten, concerned = forget_unmapped(now=AT)
    assert (forgotten, concerned) == (2, [api.pk])
    assert forget_calls(api_ids=concerned, now=AT) == 2
    assert endpoints(api) == {"GET /a": 20, "GET /b": 1}
    assert endpoints(other) == {"GET /c": 1}
    assert days_held() == [0, 3, 5, 7]
    assert GatewayDay.objects.filter(day__lt=day(0)).count() == 0
    assert [seen.day for seen in ObservedDay.objects.filter(api=api).order_by("day")] == [day(0), day(3), day(7)]
    assert forget_unmapped(now=AT) == (0, []), "a second time there is nothing to do"


@pytest.mark.django_db
def test_the_last_call_of_an_endpoint_stays_however_long_ago() -> None:
    api = make_api()
    specify(api, "GET /a", "GET /b")
    take_log(
        call("GET /a", on=-200, calls=4), call("GET /a", on=-100, calls=2), call("GET /b", on=9), call("GET /d", on=-7)
    )
    _, concerned = forget_unmapped(now=AT)
    forget_calls(api_ids=concerned, now=AT)
    held = Endpoint.objects.get(api=api, path="/a")
    assert (held.last_called, held.calls) == (day(-100), 2)
    assert Endpoint.objects.get(api=api, path="/d").removed_at is None
    assert forget_unmapped(now=AT) == (0, [])


@pytest.mark.django_db
def test_what_no_api_has_goes_too() -> None:
    take_log(call("GET /a", on=-1, host="nobody.example"), call("GET /a", on=1, host="nobody.example"))
    assert forget_unmapped(now=AT) == (2, [])
    assert days_held() == [1]


def test_less_than_the_longest_threshold_of_discovery_is_not_kept_less(settings: Settings) -> None:
    settings.TRAFFIC_DAYS = 7
    assert kept_since(AT) == AT.date() - timedelta(days=365)


@pytest.mark.usefixtures("fresh_database")
def test_the_clock_brings_it_every_day() -> None:
    assert {plan.kind: plan.rule for plan in registry.PLANNED.values()}[FORGET] == "daily 03:30"
    make_api()
    take_log(call("GET /a", on=-3), call("GET /a", on=2))
    first = ask(FORGET)
    run_job(job_id=first.pk, now=AT)
    first.refresh_from_db()
    assert first.result == {"forgotten": 1, "apis": 1}
    [batch] = Job.objects.filter(kind=FORGET, state="queued")
    run_job(job_id=batch.pk, now=AT)
    assert days_held() == [2]
