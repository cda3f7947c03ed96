"""APIs no tool has looked at lately."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from findings.checks.facts import TestedApi
from inventory.checks.base import Judgement, check, failed, passed, unknown

LATELY: Final = timedelta(days=30)


@check(
    slug="untested",
    title="Not tested in the last 30 days",
    demand="A tool looks at every API at least once in 30 days.",
    remedy="Scan this API and upload the report, or connect the place where its reports lie.",
    severity="low",
    category="",
    cwe=(),
    facts=TestedApi,
)
def judge(api: TestedApi) -> Iterator[Judgement]:
    """Judge the API by its last complete scan; parts of scans may have looked at anything."""
    if api.last is not None and api.last >= api.today - LATELY:
        yield passed(f"{api.tool} scanned it whole on {api.last}.")
    elif api.partial:
        yield unknown("Only scans that were not complete are held of the last 30 days.")
    elif api.last is not None:
        yield failed(f"The last complete scan, by {api.tool}, was on {api.last}.")
    else:
        yield failed("No complete scan of it is held.")
