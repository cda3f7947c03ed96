"""One handler per kind, one schedule per name; everything else is refused at the start."""

from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from inventory.jobs import registry
from inventory.jobs.choices import Queue
from inventory.jobs.records import Run


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    handlers, planned = dict(registry.HANDLERS), dict(registry.PLANNED)
    yield
    registry.HANDLERS.clear()
    registry.HANDLERS.update(handlers)
    registry.PLANNED.clear()
    registry.PLANNED.update(planned)


def work(run: Run) -> None:
    run.checkpoint()


def another(run: Run) -> None:
    run.progress(1, None, "Work")


def test_a_kind_has_one_handler() -> None:
    assert registry.handler(kind="x.work", queue=Queue.SHORT, label="Work", stages=("Read",))(work) is work
    found = registry.find("x.work")
    assert (found.work, found.queue, found.label, found.stages) == (work, "short", "Work", ("Read",))
    with pytest.raises(ValueError, match=r"x\.work"):
        registry.handler(kind="x.work", queue=Queue.SHORT, label="Work")(another)


def test_a_kind_nobody_handles_keeps_its_own_name() -> None:
    assert registry.label_of("x.gone") == "x.gone"
    with pytest.raises(registry.UnknownKindError):
        registry.find("x.gone")


def test_schedules_say_when_in_one_word_form() -> None:
    registry.handler(kind="x.work", queue=Queue.SHORT, label="Work")(work)
    registry.scheduled(name="x.often", every=timedelta(minutes=15))(work)
    registry.scheduled(name="x.nightly", daily=time(3, 5))(work)
    assert registry.PLANNED["x.often"] == registry.Planned(name="x.often", rule="every 900", kind="x.work")
    assert registry.PLANNED["x.nightly"].rule == "daily 03:05"


def test_a_schedule_without_a_time_a_handler_or_a_name_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="every or daily"):
        registry.scheduled(name="x.never")
    with pytest.raises(ValueError, match="every or daily"):
        registry.scheduled(name="x.twice", every=timedelta(1), daily=time(1))
    with pytest.raises(ValueError, match="handler below"):
        registry.scheduled(name="x.loose", every=timedelta(1))(another)
    registry.handler(kind="x.work", queue=Queue.SHORT, label="Work")(work)
    registry.scheduled(name="x.often", every=timedelta(1))(work)
    with pytest.raises(ValueError, match="name of its own"):
        registry.scheduled(name="x.often", every=timedelta(2))(work)
