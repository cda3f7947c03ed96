"""Running our own checks: their results are kept with history, and what fails is a finding.

The checks of some APIs run as one set. A result that is as it was is not written. Of an API whose failures are as they
were nothing is folded either, unless a week went by: a scan a day of each API would say nothing new.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, Q

from findings.checks.facts import TestedApi
from findings.identity import OWN_CHECKS
from findings.models import CheckResult, Scan
from findings.services.check_findings import Failure, fold_failures
from findings.signals import checks_judged
from findings.status import SeverityRank
from inventory.checks.base import Check, Judgement, Result, checks
from inventory.checks.facts import CheckedApi
from inventory.models import Api, Endpoint
from inventory.services.checked import checked_apis
from inventory.signals import ApisChanged

EVIDENCE: Final = 600
LATELY: Final = timedelta(days=30)

STAGE = """
DROP TABLE IF EXISTS staged_result;
CREATE TEMPORARY TABLE staged_result (
    check_name text, api_id bigint, endpoint_id bigint, result text, severity smallint, evidence text
) ON COMMIT DROP
"""

SAME = """
    held.api_id = staged.api_id AND held.check_name = staged.check_name
    AND held.endpoint_id IS NOT DISTINCT FROM staged.endpoint_id AND held.result = staged.result
    AND held.severity = staged.severity AND held.evidence = staged.evidence
"""

CLOSE = f"""
UPDATE findings_checkresult held SET until = greatest(%(now)s, held.since)
WHERE held.api_id = ANY(%(apis)s) AND held.until IS NULL
    AND NOT EXISTS (SELECT FROM staged_result staged WHERE {SAME})
RETURNING held.api_id
"""

OPEN = f"""
INSERT INTO findings_checkresult (check_name, api_id, endpoint_id, result, severity, evidence, since)
SELECT check_name, api_id, endpoint_id, result, severity, evidence, %(now)s FROM staged_result staged
WHERE NOT EXISTS (SELECT FROM findings_checkresult held WHERE held.until IS NULL AND {SAME})
ORDER BY api_id, check_name, endpoint_id
RETURNING api_id
"""

COVER = """
WITH rolled AS (
    SELECT api_id, bool_or(result = 'fail') OR NOT bool_or(result = 'unknown') AS judged
    FROM staged_result GROUP BY api_id, check_name
), summed AS (
    SELECT api_id, count(*) FILTER (WHERE judged) AS judged, count(*) AS applicable FROM rolled GROUP BY api_id
), gone AS (
    DELETE FROM findings_coverage WHERE api_id = ANY(%(apis)s) AND api_id NOT IN (SELECT api_id FROM summed)
)
INSERT INTO findings_coverage AS held (api_id, judged, applicable, at)
SELECT api_id, judged, applicable, %(now)s FROM summed ORDER BY api_id
ON CONFLICT (api_id) DO UPDATE SET judged = excluded.judged, applicable = excluded.applicable, at = excluded.at
WHERE (held.judged, held.applicable) IS DISTINCT FROM (excluded.judged, excluded.applicable)
"""

LOCK = (
    "SELECT pg_advisory_xact_lock(hashtextextended('checks:' || api_id, 0)) FROM unnest(%s::bigint[]) AS one (api_id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many APIs were judged and how many results there are, by what they say; `changed` APIs had something new."""

    apis: int
    passed: int
    failed: int
    unknown: int
    changed: int


def tested_apis(*, api_ids: Collection[int], now: datetime) -> Iterator[TestedApi]:
    """Yield when each API that is not retired was tested last."""
    scans = Scan.objects.filter(series__api__in=api_ids, scanned_at__lte=now).exclude(series__source_kind=OWN_CHECKS)
    whole = {
        row["series__api"]: row
        for row in scans.filter(complete=True)
        .values("series__api", "series__source_kind")
        .annotate(last=Max("scanned_at"))
        .order_by("last", "series__source_kind")
    }
    partial = set(scans.filter(complete=False, scanned_at__gt=now - LATELY).values_list("series__api", flat=True))
    for api_id in Api.objects.filter(pk__in=api_ids).live().order_by("pk").values_list("pk", flat=True):
        row = whole.get(api_id)
        yield TestedApi(
            id=api_id,
            today=now.astimezone(UTC).date(),
            last=row["last"].astimezone(UTC).date() if row else None,
            tool=row["series__source_kind"] if row else "",
            partial=api_id in partial,
        )


LOADERS: Final[dict[type, Any]] = {CheckedApi: checked_apis, TestedApi: tested_apis}
"""What gives the facts that a check says it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One judgement, with whose it is and of which API."""

    check: Check
    api_id: int
    judgement: Judgement

    @property
    def rank(self) -> SeverityRank:
        """Its severity: its own, else that of the check."""
        return SeverityRank[(self.judgement.severity or self.check.severity).upper()]


@transaction.atomic
def check_apis(*, api_ids: Collection[int], now: datetime) -> Checked:
    """Run every check on some APIs, keep what changed, and fold failures into the findings.

    Of two callers with a common API the second waits and judges what the first has committed.
    """
    ids = sorted(set(api_ids))
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [ids])
    said = list(_judgements(ids, now))
    changed = _store(said, ids, now)
    folded = fold_failures(failures=_failures(said), unsaid=_unsaid(said), api_ids=ids, changed=changed, now=now)
    touched = tuple(sorted(changed | folded))
    if touched:
        checks_judged.send(Api, result=ApisChanged(api_ids=touched, cause="checks run"))
    counts = {word: sum(one.judgement.result == word for one in said) for word in Result}
    return Checked(
        apis=len(ids), passed=counts[Result.PASS], failed=counts[Result.FAIL], unknown=counts[Result.UNKNOWN],
        changed=len(touched),
    )  # fmt: skip


def _judgements(ids: Collection[int], now: datetime) -> Iterator[Said]:
    for facts, load in LOADERS.items():
        entries = [entry for entry in checks() if entry.facts is facts]
        for api in load(api_ids=ids, now=now):
            for entry in entries:
                for judgement in entry.judge(api):
                    yield Said(check=entry, api_id=api.id, judgement=judgement)


def _store(said: Collection[Said], ids: Collection[int], now: datetime) -> set[int]:
    """Write the results and return the APIs of which some changed."""
    named: dict[str, Any] = {"apis": list(ids), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY staged_result FROM STDIN") as copy:
            for one in said:
                judgement = one.judgement
                copy.write_row(
                    (one.check.slug, one.api_id, judgement.endpoint_id, judgement.result.value, int(one.rank),
                     judgement.evidence[:EVIDENCE])
                )  # fmt: skip
        cursor.execute("CREATE INDEX ON staged_result (api_id, check_name)")
        cursor.execute("ANALYZE staged_result")
        changed: set[int] = set()
        for statement in (CLOSE, OPEN):
            cursor.execute(statement, named)
            changed |= {api_id for (api_id,) in cursor.fetchall()}
        cursor.execute(COVER, named)
    return changed


def _failures(said: Collection[Said]) -> list[Failure]:
    failing = [one for one in said if one.judgement.result is Result.FAIL]
    places = _places(one.judgement.endpoint_id for one in failing)
    return [
        Failure(
            api_id=one.api_id, check=one.check, severity=one.rank.name.lower(), evidence=one.judgement.evidence,
            place=places.get(one.judgement.endpoint_id or 0, ("", "")),
        )
        for one in failing
    ]  # fmt: skip


def _unsaid(said: Collection[Said]) -> set[tuple[int, str, str, str]]:
    """Return API, check, method and path key of what nothing tells of any more: an old failure there still stands."""
    unknown = [one for one in said if one.judgement.result is Result.UNKNOWN]
    ids = {one.judgement.endpoint_id or 0 for one in unknown}
    keys = {
        pk: (method, key) for pk, method, key in Endpoint.objects.filter(pk__in=ids).values_list(
            "pk", "method", "path_key")
    }  # fmt: skip
    return {(one.api_id, one.check.slug, *keys.get(one.judgement.endpoint_id or 0, ("", ""))) for one in unknown}


def _places(ids: Any) -> dict[int, tuple[str, str]]:
    found = Endpoint.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "method", "path")
    return {pk: (method, path) for pk, method, path in found}


def apis_to_check() -> list[int]:
    """Return the ids of all APIs that are not retired, and of retired ones that still have results."""
    left = CheckResult.objects.current().values("api")
    apis = Api.objects.filter(Q(pk__in=Api.objects.live().values("pk")) | Q(pk__in=left))
    return list(apis.order_by("pk").values_list("pk", flat=True))
