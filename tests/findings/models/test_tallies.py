"""The sums of findings, which the database keeps: what a count would say, after whatever was written."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import F

from findings.models import EndpointTally, Finding, Series, Tally
from findings.services.tallies import fold_tallies
from findings.status import SeverityRank, Status
from inventory.models import Endpoint
from tests.posture.services.estates import luck, make_api, make_finding
from tests.posture.views.pages import make_endpoint

pytestmark = pytest.mark.django_db
Kind = tuple[object, ...]


def kept() -> dict[Kind, int]:
    sums: Counter[Kind] = Counter()
    for *kind, number in Tally.objects.values_list("api", "series", "source_kind", "severity", "status", "n"):
        sums[tuple(kind)] += number
    for *kind, number in EndpointTally.objects.values_list("endpoint", "severity", "status", "n"):
        sums[tuple(kind)] += number
    return {kind: number for kind, number in sums.items() if number}


def counted() -> dict[Kind, int]:
    sums: Counter[Kind] = Counter()
    for row in Finding.objects.filter(moved_to=None):
        sums[row.api_id, None if row.api_id else row.series_id, row.source_kind, row.severity, row.status] += 1
        if row.endpoint_id:
            sums[row.endpoint_id, row.severity, row.status] += 1
    return dict(sums)


def link(chance: Random, ids: list[int]) -> None:
    """Put findings at an endpoint of their API, or at none."""
    for row in Finding.objects.filter(pk__in=ids).exclude(api=None):
        places = Endpoint.objects.filter(api=row.api_id).order_by("pk").values_list("pk", flat=True)
        Finding.objects.filter(pk=row.pk).update(endpoint=chance.choice([None, *places]))


def add(chance: Random) -> None:
    api = chance.choice([*Finding.objects.exclude(api=None).order_by("pk").values_list("api", flat=True), None])
    series = None if api else Series.objects.get()
    for _ in range(chance.randrange(4)):
        row = make_finding(None, severity=chance.choice(list(SeverityRank)))
        Finding.objects.filter(pk=row.pk).update(api=api, series=series)
        link(chance, [row.pk])


def change(chance: Random) -> None:
    some = Finding.objects.filter(pk__in=[row.pk for row in Finding.objects.order_by("pk") if chance.random() < 0.4])
    some.update(status=chance.choice(list(Status)), severity=(F("severity") + 1) % 5, title="Another")


def place(chance: Random) -> None:
    link(chance, [row.pk for row in Finding.objects.order_by("pk") if chance.random() < 0.3])


def move(chance: Random) -> None:
    first = chance.choice(Finding.objects.order_by("pk"))
    Finding.objects.filter(pk__in=[row.pk for row in Finding.objects.order_by("pk") if chance.random() < 0.1]).exclude(
        pk=first.pk
    ).update(moved_to=first)


def remove(chance: Random) -> None:
    gone = [row.pk for row in Finding.objects.order_by("pk") if chance.random() < 0.05]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM findings_finding WHERE id = ANY(%s)", [gone])


def fold(_chance: Random) -> None:
    before = kept()
    fold_tallies()
    assert kept() == before
    assert Tally.objects.count() + EndpointTally.objects.count() == len(before), (
        "one part of each kind, and none of what there is no more"
    )


WRITES: tuple[Callable[[Random], None], ...] = (add, change, place, move, remove, fold)


def test_the_sums_are_what_a_count_says_whatever_is_written() -> None:
    for _ in range(3):
        api = make_api()
        make_finding(api, endpoint=make_endpoint(api))
        make_endpoint(api, "/carts/{id}")
    Series.objects.create(source_kind="lint", name="nightly")
    most = places = 0
    for number in range(60):
        chance = luck(number)
        chance.choice(WRITES)(chance)
        assert kept() == counted()
        most = max(most, len(kept()))
        places = max(places, sum(len(kind) == 3 for kind in kept()))
    assert min(most, places) > 3, "there was something to be counted"


def test_what_is_taken_back_was_never_counted() -> None:
    make_finding(make_api())
    before = kept()
    with transaction.atomic():
        make_finding(make_api())
        assert kept() != before
        transaction.set_rollback(True)
    assert kept() == before


def test_a_change_of_what_is_not_told_apart_adds_no_part() -> None:
    api = make_api()
    make_finding(api, endpoint=make_endpoint(api))
    Finding.objects.update(title="Another")
    assert (Tally.objects.count(), EndpointTally.objects.count()) == (1, 1)
