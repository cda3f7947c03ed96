"""Folding sums beside others who fold and write."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction
from django.db.models import Sum

from findings.models import Finding, Tally
from findings.services.tallies import fold_tallies
from tests.posture.services.estates import make_api, make_finding


def total() -> int:
    return Tally.objects.aggregate(n=Sum("n"))["n"] or 0


def test_two_that_fold_and_one_that_writes_lose_nothing_and_double_nothing(fresh_database: None) -> None:
    api = make_api()
    for _ in range(20):
        make_finding(api)

    def beside() -> None:
        fold_tallies()
        connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            fold_tallies()
            make_finding(api)
            waiting = [pool.submit(beside) for _ in range(3)]
        for each in waiting:
            each.result()
    assert total() == Finding.objects.count() == 21
    fold_tallies()
    assert [row.n for row in Tally.objects.all()] == [21]
