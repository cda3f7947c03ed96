"""A digest of the whole state, by natural keys, that two runs which differ only in order and time must share.

Left out: jobs, requests, sessions, the trail, blobs, codes from chance, and every time taken from the run's clock.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

SERIES = "ROW(series.source_kind, api.stable_id, series.name, team.slug, uploader.email)::text"
SERIES_JOIN = """
LEFT JOIN inventory_api api ON api.id = series.api_id
LEFT JOIN access_team team ON team.id = series.team_id
LEFT JOIN access_user uploader ON uploader.id = series.uploader_id
"""

OWN = "source_kind <> 'posture checks'"
"""Failed checks depend on when they were run; their results now do not."""

LOG = "ROW(log.series, log.digest, named.stable_id)::text"
LOG_JOIN = "LEFT JOIN inventory_api named ON named.id = log.api_id"


def _scan(alias: str) -> str:
    """Return a scan's natural key; its time counts unless it was the moment of the upload."""
    return (
        f"CASE WHEN {alias}.id IS NULL THEN '-' ELSE ROW({alias}.scan_id, {alias}.digest,"
        f" CASE WHEN {alias}.scanned_at_source = 'upload' THEN '' ELSE {alias}.scanned_at::text END)::text END"
    )


QUERIES = {
    "apis": """
        SELECT ROW(stable_id, api.name, family, version, kind, environment, reach, criticality, sensitivity,
            stage, coalesce(owner.email, '-'), coalesce(deputy.email, '-'))::text
        FROM inventory_api api LEFT JOIN access_user owner ON owner.id = owner_id
        LEFT JOIN access_user deputy ON deputy.id = deputy_id""",
    "teams of apis": """
        SELECT ROW(api.stable_id, team.slug, until IS NULL)::text FROM inventory_apiteam held
        JOIN inventory_api api ON api.id = held.api_id JOIN access_team team ON team.id = held.team_id""",
    "base urls": """
        SELECT ROW(api.stable_id, scheme, host, port, base_path, contested)::text FROM inventory_baseurl
        JOIN inventory_api api ON api.id = api_id""",
    "endpoints": """
        SELECT ROW(api.stable_id, method, path_key, path, spellings, operation_id, summary, authentication,
            schemes, deprecated, sunset, declared, documented, removed_at IS NULL, first_called, last_called, calls,
            signed_calls, unsigned_calls, open_calls)::text
        FROM inventory_endpoint JOIN inventory_api api ON api.id = api_id
        WHERE documented OR specified_since IS NOT NULL OR calls IS NOT NULL""",
    "facts": """
        SELECT ROW(api.stable_id, endpoint.method, endpoint.path_key, attribute, source_kind, source_id,
            value, confidence)::text
        FROM inventory_fact fact JOIN inventory_api api ON api.id = fact.api_id
        LEFT JOIN inventory_endpoint endpoint ON endpoint.id = fact.endpoint_id""",
    "specifications": """
        SELECT ROW(api.stable_id, specification.digest, format, title, specification.version,
            endpoints_declared, current)::text
        FROM inventory_specification specification JOIN inventory_api api ON api.id = api_id""",
    "logs": f"""
        SELECT ROW({LOG}, log.size, log.start, log.first_at, log.last_at)::text
        FROM inventory_trafficlog log {LOG_JOIN}""",
    "observations": f"""
        SELECT ROW({LOG}, seen.host, seen.method, seen.path_key, seen.day, seen.calls, seen.ok, seen.redirected,
            seen.refused, seen.failed, seen.signed, seen.unsigned, seen.open, holder.stable_id, endpoint.method,
            endpoint.path_key)::text
        FROM inventory_observation seen JOIN inventory_trafficlog log ON log.id = seen.log_id {LOG_JOIN}
        LEFT JOIN inventory_api holder ON holder.id = seen.api_id
        LEFT JOIN inventory_endpoint endpoint ON endpoint.id = seen.endpoint_id""",
    "days of gateways": f"""
        SELECT ROW({LOG}, host, day, calls, untold)::text FROM inventory_gatewayday gateway
        JOIN inventory_trafficlog log ON log.id = gateway.log_id {LOG_JOIN}""",
    "observed days": """
        SELECT ROW(api.stable_id, day, calls, untold)::text FROM inventory_observedday
        JOIN inventory_api api ON api.id = api_id""",
    "policy of discovery": "SELECT days::text FROM inventory_discoverypolicy",
    "series": f"SELECT ROW({SERIES}, retired_at IS NULL)::text FROM findings_series series {SERIES_JOIN}"
    f" WHERE series.{OWN}",
    "scans": f"""
        SELECT ROW({SERIES}, {_scan("scan")}, scan.scanned_at_source, complete, parts_expected)::text
        FROM findings_scan scan JOIN findings_series series ON series.id = scan.series_id {SERIES_JOIN}
        WHERE series.{OWN}""",
    "findings": f"""
        SELECT ROW(finding.fingerprint, finding.record_digest, api.stable_id, endpoint.method, endpoint.path_key,
            finding.present, finding.status, finding.status_until <= %(now)s, moved.fingerprint)::text
        FROM findings_finding finding LEFT JOIN inventory_api api ON api.id = finding.api_id
        LEFT JOIN inventory_endpoint endpoint ON endpoint.id = finding.endpoint_id
        LEFT JOIN findings_finding moved ON moved.id = finding.moved_to_id
        WHERE finding.{OWN}""",
    "results of checks": """
        SELECT ROW(api.stable_id, check_name, endpoint.method, endpoint.path_key, result, severity)::text
        FROM findings_checkresult held JOIN inventory_api api ON api.id = held.api_id
        LEFT JOIN inventory_endpoint endpoint ON endpoint.id = held.endpoint_id WHERE until IS NULL""",
    "decisions": """
        SELECT ROW(finding.fingerprint, api.stable_id, decision.weakness_class, decision.source_kind, decision.rule,
            decision.kind, decision.reason, decision.at, by_.email, decision.until, decision.proof)::text
        FROM findings_decision decision LEFT JOIN findings_finding finding ON finding.id = decision.finding_id
        LEFT JOIN inventory_api api ON api.id = decision.api_id JOIN access_user by_ ON by_.id = decision.by_id""",
    "mapping rules": """
        SELECT ROW(rule.kind, rule.pattern, api.stable_id, rule.ended_at IS NULL)::text FROM findings_mappingrule rule
        JOIN inventory_api api ON api.id = rule.api_id""",
    "presence": f"""
        SELECT ROW(finding.fingerprint, {SERIES}, {_scan("first")}, {_scan("gone")})::text
        FROM findings_presence held JOIN findings_finding finding ON finding.id = held.finding_id
        JOIN findings_scan first ON first.id = held.from_scan_id
        LEFT JOIN findings_scan gone ON gone.id = held.until_scan_id
        JOIN findings_series series ON series.id = held.series_id {SERIES_JOIN}
        WHERE series.{OWN}""",
    "scores": """
        SELECT ROW(api.stable_id, round(score::numeric, 2), round(inherent::numeric, 2), band)::text
        FROM posture_currentscore JOIN inventory_api api ON api.id = api_id""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDigest:
    """One kind of row: how many there are, and SHA-256 over their sorted natural texts."""

    name: str
    rows: int
    digest: str


def state_digest(*, now: datetime) -> tuple[str, tuple[TableDigest, ...]]:
    """Return the digest of everything and of each kind of row, read in one snapshot of the database.

    `now` judges which decisions are over. Must not be called inside a transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return digest_here(now=now)


def digest_here(*, now: datetime) -> tuple[str, tuple[TableDigest, ...]]:
    """Return the same as the transaction in progress sees it."""
    tables: list[TableDigest] = []
    with connection.cursor() as cursor:
        for name, query in QUERIES.items():
            cursor.execute(f'SELECT line FROM ({query}) AS rows (line) ORDER BY line COLLATE "C"', {"now": now})
            seen = hashlib.sha256()
            count = 0
            while rows := cursor.fetchmany(10_000):
                count += len(rows)
                seen.update("".join(f"{line}\n" for (line,) in rows).encode())
            tables.append(TableDigest(name=name, rows=count, digest=seen.hexdigest()))
    whole = hashlib.sha256("".join(f"{table.name} {table.digest}\n" for table in tables).encode())
    return whole.hexdigest(), tuple(tables)
