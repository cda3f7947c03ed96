"""Answers that are kept: one per principal and name, for a day, and nobody works twice at once."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from inventory.access.choices import PrincipalKind
from inventory.access.records import Principal
from inventory.jobs.errors import KeyBusy, KeyReused
from inventory.jobs.models import KeptAnswer
from inventory.jobs.services import repeats
from inventory.jobs.services.cleaning import clean
from inventory.jobs.services.repeats import keep_answer, take_key
from tests.inventory.jobs.world import NOW

ME = Principal(kind=PrincipalKind.TOKEN, name="ci", user_id=1, token_id=3)
OTHER = Principal(kind=PrincipalKind.USER, name="Ann", user_id=1)
DAY = timedelta(hours=24)


def take(key: str = "k", digest: str = "d", principal: Principal = ME, **later: float) -> KeptAnswer | None:
    return take_key(principal=principal, key=key, digest=digest, now=NOW + timedelta(**later))


def keep(key: str = "k", digest: str = "d", principal: Principal = ME) -> None:
    keep_answer(
        principal=principal, key=key, digest=digest, status=202, body={"job": "x"}, headers={"Location": "/x"}, now=NOW
    )


@pytest.mark.django_db
def test_what_was_kept_is_given_for_a_day_and_then_forgotten() -> None:
    assert take() is None
    keep()
    kept = take(hours=23, minutes=59)
    assert kept is not None
    assert (kept.status, kept.body, kept.headers) == (202, {"job": "x"}, {"Location": "/x"})
    assert take(hours=24) is None
    assert not KeptAnswer.objects.exists()
    keep()


@pytest.mark.django_db
def test_another_request_under_the_same_name_is_refused() -> None:
    keep()
    with pytest.raises(KeyReused, match="k was used for another request"):
        take(digest="other")
    assert take(digest="other", hours=24) is None


@pytest.mark.django_db
def test_names_of_two_principals_do_not_meet() -> None:
    keep()
    assert take(principal=OTHER) is None
    keep(principal=OTHER)
    assert take(key="K") is None


@pytest.mark.django_db
def test_a_name_leaves_the_patience_of_the_work_as_it_was() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '77s'")
        take()
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("77s",)


@pytest.mark.django_db
def test_old_answers_are_cleaned_away() -> None:
    keep()
    assert clean(now=NOW + DAY)["answers"] == 0
    assert clean(now=NOW + DAY + timedelta(seconds=1))["answers"] == 1


@pytest.mark.usefixtures("fresh_database")
def test_of_two_at_once_one_works_and_the_other_gets_its_answer() -> None:
    worked: list[int] = []
    answers: list[object] = []

    def request(number: int) -> None:
        try:
            with transaction.atomic():
                kept = take()
                if kept is None:
                    worked.append(number)
                    time.sleep(0.2)
                    keep()
                    answers.append({"job": "x"})
                else:
                    answers.append(kept.body)
        finally:
            connection.close()

    threads = [threading.Thread(target=request, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(worked) == 1
    assert answers == [{"job": "x"}] * 4


@pytest.mark.usefixtures("fresh_database")
def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "PATIENCE", "100ms")
    holds, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                take()
                holds.set()
                may_end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(30)
    try:
        with pytest.raises(KeyBusy, match="still being worked on"), transaction.atomic():
            take()
        with transaction.atomic():
            assert take(principal=OTHER) is None
    finally:
        may_end.set()
        thread.join()
    with transaction.atomic():
        assert take() is None
