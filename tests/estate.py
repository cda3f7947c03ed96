"""A large estate in seconds, the same each time: for tests that count queries and measure pages.

Written set by set into the tables that services fill, so it is only as true as their rules of today: what a test wants
to know of those it takes from the services. One API holds a third of the findings, the others share the rest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, connections

from findings.models import Finding
from findings.services.due import stamp_due
from incidents.selectors.cases import code_of_case
from inventory.access.directory import PEOPLE, code_of
from inventory.access.models import User
from inventory.models import Api, Run
from posture.services.fixes import write_fixes
from posture.services.rescore import score_apis
from posture.services.trends import write_trend

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

TEAMS = """
INSERT INTO access_team (slug, name) SELECT 'crew-' || n, 'Crew ' || n FROM generate_series(1, %(teams)s) n
ON CONFLICT DO NOTHING
"""

APIS = """
INSERT INTO inventory_api (
    code, stable_id, name, slug, family, version, kind, environment, reach, criticality, sensitivity, stage, owner_id,
    first_seen, last_seen)
SELECT 'API-E' || lpad(n::text, 6, '0'), md5('estate ' || n)::uuid, 'Estate API ' || n, 'estate-' || n, '', 'v1',
    'rest', (ARRAY['production', 'production', 'staging', 'test', 'unknown'])[1 + n %% 5],
    (ARRAY['public', 'partner', 'internal', 'unknown'])[1 + n %% 4],
    (ARRAY['mission', 'high', 'medium', 'low', 'unknown'])[1 + n / 3 %% 5],
    (ARRAY['restricted', 'confidential', 'internal', 'public', 'unknown'])[1 + n / 7 %% 5],
    CASE n %% 40 WHEN 7 THEN 'deprecated' ELSE 'active' END,
    (SELECT id FROM access_user WHERE email = 'owner-' || 1 + n %% 30 || '@shop.example'),
    %(now)s - n * interval '1 hour', %(now)s - n * interval '1 minute'
FROM generate_series(1, %(apis)s) n
"""

HELD = """
INSERT INTO inventory_apiteam (api_id, team_id, since)
SELECT api.id, team.id, %(now)s FROM inventory_api api
JOIN access_team team ON team.slug = 'crew-' || 1 + substr(api.code, 6)::int %% %(teams)s
WHERE api.code LIKE 'API-E%%' AND substr(api.code, 6)::int %% 20 <> 3
"""

ADDRESSES = """
INSERT INTO inventory_baseurl (api_id, scheme, host, port, base_path, contested)
SELECT id, 'https', lower(code) || '.shop.example', 443, '/v1', false FROM inventory_api WHERE code LIKE 'API-E%'
"""

ENDPOINTS = """
INSERT INTO inventory_endpoint (
    api_id, method, path, path_key, spellings, operation_id, summary, authentication, schemes, deprecated, documented,
    first_seen)
SELECT id, (ARRAY['GET', 'POST', 'PUT'])[1 + n %% 3], '/things-' || n || '/{id}', '/things-' || n || '/{}', '{}', '',
    'Do thing ' || n, (ARRAY['declared', 'declared', 'not_declared', 'none'])[1 + (id + n) %% 4], '{}', n = 5, true,
    %(now)s
FROM inventory_api, generate_series(1, %(endpoints)s) n WHERE code LIKE 'API-E%%'
"""

SERIES = """
INSERT INTO findings_series (source_kind, api_id, name)
SELECT tool, id, 'nightly' FROM inventory_api, unnest(ARRAY['codescan', 'webscan']) tool WHERE code LIKE 'API-E%'
"""

SCANS = """
INSERT INTO findings_scan (series_id, scan_id, scanned_at, scanned_at_source, digest, complete)
SELECT id, '', %(now)s - interval '1 day', 'document', md5('scan ' || id), true
FROM findings_series WHERE name = 'nightly'
"""

FINDINGS = """
INSERT INTO findings_finding (
    code, api_id, endpoint_id, fingerprint, weakness_key, source_kind, rule, weakness_class, title, message, remedy,
    severity, raw_severity, confidence, cwe, cve, kev, method, url, path, path_key, parameter, location, file,
    instances, suppressed, repository, record_digest, first_seen, present, status)
SELECT 'FND-' || upper(substr(mark, 1, 12)), api.id, endpoint.id, mark, mark,
    (ARRAY['codescan', 'webscan'])[1 + n %% 2], 'rule.' || n %% 150, 'CWE-' || 20 + n %% 150,
    'Finding number ' || n || ' of the estate', 'A value of the request reaches a query that is put together as text.',
    'Bind the value instead.', (ARRAY[0, 1, 1, 2, 2, 2, 3, 3, 4, 1])[1 + n %% 10], '',
    (ARRAY['confirmed', 'firm', 'tentative', ''])[1 + n %% 4], ARRAY[20 + n %% 150], '', false, 'GET', '',
    '/things-1/' || n, '/things-1/{}', 'id', '', '', 1, false, '', mark, %(now)s - n * interval '1 minute', true,
    CASE n %% 20 WHEN 0 THEN 'accepted' WHEN 1 THEN 'triaged' WHEN 2 THEN 'false_positive' WHEN 3 THEN 'closed'
        WHEN 4 THEN 'reopened' ELSE 'new' END
FROM (
    SELECT n, encode(sha256(('estate ' || n)::bytea), 'hex') AS mark,
        CASE WHEN n %% 3 = 0 THEN 1
            WHEN %(skewed)s THEN floor(power(%(apis)s, (n::bigint * 7919 %% 999983) / 999983.0::float8))::int
            ELSE 1 + n * 7 %% %(apis)s END AS at
    FROM generate_series(1, %(findings)s) n
) AS drawn
JOIN inventory_api api ON api.code = 'API-E' || lpad(at::text, 6, '0')
LEFT JOIN inventory_endpoint endpoint
    ON endpoint.api_id = api.id AND endpoint.path = '/things-' || 1 + n %% 7 || '/{id}'
"""

PRESENCES = """
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since)
SELECT finding.id, series.id, scan.id, scan.scanned_at FROM findings_finding finding
JOIN findings_series series USING (api_id, source_kind) JOIN findings_scan scan ON scan.series_id = series.id
WHERE series.name = 'nightly'
"""

TRAIL = """
INSERT INTO access_statechange (happened_at, actor, actor_name, on_behalf_of, kind, code, verb, reason, source, api_id)
SELECT %(now)s, 'system', 'Posture', '', 'api', code, 'facts', '', '', id
FROM inventory_api, generate_series(1, 3) WHERE code LIKE 'API-E%%'
"""

CHECKS = """
INSERT INTO findings_checkresult (check_name, api_id, endpoint_id, result, severity, evidence, since)
SELECT 'countable-ids', endpoint.api_id, endpoint.id, (ARRAY['fail', 'unknown', 'pass'])[1 + endpoint.id %% 3], 1,
    'Evidence number ' || endpoint.id || '.', %(now)s
FROM inventory_endpoint endpoint JOIN inventory_api api ON api.id = endpoint.api_id AND api.code LIKE 'API-E%%'
"""

COMPLIANCE = """
INSERT INTO posture_compliance
    (framework, requirement, api_id, state, open, accepted, judged, unknown, failing, since)
SELECT 'owasp-api-2023', 'API' || n, api.id, (ARRAY['not_met', 'partly', 'met'])[1 + (api.id + n) %% 3], n, 0, 1, 0,
    '[["FND-E1", "A title", 3, "GET /things", false]]', %(now)s
FROM inventory_api api, generate_series(1, 10) n WHERE api.code LIKE 'API-E%%'
"""

TABLES = """
INSERT INTO findings_report (code, digest, name, format, options, uploaded_at, counts)
VALUES ('RPT-E000001', 'table', 'table.csv', 'generic', '{}', %(now)s, '{}')
"""

CONNECTIONS = """
INSERT INTO inventory_connection (
    code, kind, name, options, team_id, rule, egress, cursor, created_at, changed_at, last_run_at, failures, fault)
SELECT 'CON-E' || lpad(n::text, 6, '0'), 'url', 'Feed ' || n, '{"urls": "https://feeds.shop.example/report.sarif"}',
    team.id, '', '{}', '{}', %(now)s, %(now)s, %(now)s, n %% 3, CASE n %% 3 WHEN 0 THEN '' ELSE 'Nobody answered.' END
FROM generate_series(1, greatest(3, %(apis)s / 10)) n
JOIN access_team team ON team.slug = 'crew-' || 1 + n %% %(teams)s
"""

JOBS = """
INSERT INTO jobs_job (
    id, kind, title, arguments, key_lasts, principal, queue, state, attempts, crashes, fence, sends, progress, error,
    created_at, started_at, finished_at)
SELECT md5('job ' || n)::uuid, 'connections.run', 'Run feed ' || n,
    jsonb_build_object('connection', (SELECT id FROM inventory_connection ORDER BY id LIMIT 1 OFFSET n %% 3)), false,
    '{"kind": "system", "name": "Posture"}', 'bulk', (ARRAY['done', 'failed', 'quarantined'])[1 + n %% 3], 1, 0, 1, 1,
    '{}', CASE n %% 3 WHEN 0 THEN '' ELSE 'Nobody answered.' END,
    %(now)s - n * interval '1 minute', %(now)s - n * interval '1 minute', %(now)s - n * interval '1 minute'
FROM generate_series(1, greatest(5, %(apis)s)) n
"""

RUNS = """
INSERT INTO inventory_run (code, connection_id, job_id, asked_by, started_at, state, counts, faults, documents)
SELECT 'RUN-' || connection.id || '-' || n, connection.id, md5('job ' || n)::uuid, 'Posture',
    %(now)s - n * interval '1 day', 'partial', '{"taken": 1, "unchanged": 0, "left": 1}',
    '[{"place": "report.sarif", "reason": "Nobody answered."}]',
    jsonb_build_array(jsonb_build_object('name', 'report.sarif', 'size', 10, 'job', md5('job ' || n)))
FROM inventory_connection connection, generate_series(1, greatest(2, least(20, %(apis)s / 4))) n
"""

ALERTS = """
INSERT INTO incidents_episode (
    code, key, api_id, endpoint_id, source_kind, actor, rule, title, category, severity, outcome, method, host, path,
    window_start, first_at, last_at, alerts, events, outcomes, samples, recorded_at, state, resolution)
SELECT 'ALR-E' || lpad(n::text, 6, '0'), md5('alert ' || n), api.id, endpoint.id, 'gateway', '192.0.2.' || n %% 250,
    'rule.' || n %% 20, 'Attack number ' || n, 'API' || 1 + n %% 10, n %% 5, 'blocked', 'GET', 'shop.example',
    '/things-1/{id}', %(now)s - n * interval '1 minute', %(now)s - n * interval '1 minute',
    %(now)s - n * interval '1 minute', 3, 3, '{"blocked": 3}', '[]', %(now)s, 'new', ''
FROM generate_series(1, greatest(10, %(findings)s / 20)) n
JOIN inventory_api api
    ON api.code = 'API-E' || lpad(CASE n %% 3 WHEN 1 THEN '1' ELSE (1 + n %% %(apis)s)::text END, 6, '0')
LEFT JOIN inventory_endpoint endpoint
    ON endpoint.api_id = api.id AND endpoint.path = '/things-' || 1 + n %% 7 || '/{id}'
"""

INCIDENTS = """
INSERT INTO incidents_incident (
    code, title, summary, level, stage, restricted, detected_at, declared_at, declared_by_id, version, revision)
SELECT 'INC-E' || lpad(n::text, 6, '0'), 'Incident number ' || n, '', 'SEV' || 1 + n %% 4, 'containment', false,
    %(now)s - n * interval '1 hour', %(now)s - n * interval '1 hour', account.id, 1, 1
FROM generate_series(1, greatest(5, %(apis)s / 4)) n
JOIN access_user account ON account.email = 'owner-1@shop.example'
"""

LINKS = """
INSERT INTO incidents_link (incident_id, api_id, episode_id, finding_id, added_at)
SELECT incident.id, api.id, NULL::bigint, NULL::bigint, %(now)s FROM incidents_incident incident, inventory_api api
WHERE incident.code LIKE 'INC-E%%' AND (api.code = 'API-E000001' OR substr(api.code, 6) = substr(incident.code, 6))
UNION ALL SELECT incident.id, NULL::bigint, alert.id, NULL::bigint, %(now)s
FROM incidents_incident incident JOIN incidents_episode alert ON substr(alert.code, 6) = substr(incident.code, 6)
"""

ENTRIES = """
INSERT INTO incidents_entry (incident_id, at, happened_at, by_id, kind, text, note)
SELECT incident.id, %(now)s, %(now)s - n * interval '1 minute', declared_by_id, 'observation', 'Line ' || n, ''
FROM incidents_incident incident, generate_series(1, greatest(5, %(crowd)s)) n
"""

FAILING = """
INSERT INTO findings_checkresult (check_name, api_id, endpoint_id, result, severity, evidence, since)
SELECT 'estate-' || n, endpoint.api_id, endpoint.id, 'fail', 3, 'It fails.', %(now)s
FROM inventory_endpoint endpoint, generate_series(1, greatest(1, %(crowd)s / 10)) n
"""

PRESENT = """
INSERT INTO incidents_participant (incident_id, user_id, seat, since)
SELECT id, declared_by_id, 'incident_commander', %(now)s FROM incidents_incident
"""

MEMBERS = """
INSERT INTO access_membership (user_id, team_id, role)
SELECT account.id, team.id, 'member' FROM access_user account, access_team team
WHERE account.email LIKE 'owner-%' AND team.slug LIKE 'crew-%'
"""

BIGGEST = "API-E000001"
"""The code of the API that holds a third of the findings."""


STATEMENTS = (
    TEAMS, APIS, HELD, ADDRESSES, ENDPOINTS, SERIES, SCANS, FINDINGS, PRESENCES, TRAIL, CONNECTIONS, JOBS, RUNS, ALERTS,
    INCIDENTS, LINKS, ENTRIES, PRESENT, FAILING, MEMBERS, CHECKS, COMPLIANCE, TABLES,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """What was made: how many of what, and the codes to ask for one of them."""

    apis: int
    findings: int
    api: str
    finding: str
    team: str = "crew-2"
    connection: str = "CON-E000001"
    run: str = ""
    job: str = ""
    alert: str = "ALR-E000001"
    incident: str = "INC-E000001"
    case: str = ""
    person: str = ""
    table: str = "RPT-E000001"


def make_estate(  # noqa: PLR0913 - each by name
    *, apis: int, findings: int, teams: int = 20, endpoints: int = 7, scored: bool = True, crowd: int = 0,
    skewed: bool = False,
) -> Estate:  # fmt: skip
    """Fill an empty database with so many APIs and findings, and score them as of `NOW`.

    `crowd`, as many as APIs when not said, is how many lines an incident has and ten times how many checks fail at an
    endpoint. Where it is `skewed`, the APIs beside the biggest share the rest by rank, in the manner of Zipf.
    """
    given: dict[str, Any] = {
        "apis": apis, "findings": findings, "teams": teams, "endpoints": endpoints, "crowd": crowd or apis,
        "skewed": skewed, "now": NOW,
    }  # fmt: skip
    people = (User(email=f"owner-{number}@shop.example", name=f"Owner {number}") for number in range(1, 31))
    User.objects.bulk_create(people, ignore_conflicts=True)
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, given if "%(" in statement else None)
    if scored:
        score_apis(api_ids=Api.objects.values_list("pk", flat=True), cause="the estate was made", now=NOW)
        write_fixes(api_ids=list(Api.objects.values_list("pk", flat=True)))
    stamp_due(now=NOW)
    write_trend(now=NOW)
    return made_estate(apis=apis, findings=findings)


def made_estate(*, apis: int, findings: int) -> Estate:
    """Return what the estate that lies in the database is asked by."""
    run = Run.objects.filter(connection__code="CON-E000001").order_by("pk")[0]
    weak = Finding.objects.filter(endpoint__isnull=False, api__code=BIGGEST, status="new").order_by("pk")
    case = code_of_case(weak.values_list("endpoint_id", flat=True)[0] or 0)
    return Estate(
        apis=apis,
        findings=findings,
        api=BIGGEST,
        finding=Finding.objects.get(title="Finding number 3 of the estate").code,
        run=run.code,
        job=str(run.job_id),
        case=case,
        person=code_of(User.objects.get(email="owner-1@shop.example").pk, PEOPLE),
    )


def tidy(alias: str = "owner") -> None:
    """Do what autovacuum does some minutes after an import. Not within a transaction."""
    with connections[alias].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
