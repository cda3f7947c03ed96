"""What is measured on: an estate of APIs and the reports about it, skewed as life is and the same in every run.

One API of 2,000 holds a third of everything, the others share the rest in the manner of Zipf. A report has two runs: a
code scanner on the big API's repository (a third of the results), which a mapping rule ties to it, and a scanner of
running APIs on 49 others of all sizes, which are told by their base URLs. Nothing repeats: every result is a finding.
"""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import accumulate
from typing import Any, BinaryIO

from django.db import connection

from findings.mapping import RuleKind
from findings.models import MappingRule, Scan, Series
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.models import OrganisationRoleGrant, User
from inventory.access.records import Principal
from inventory.choices import Criticality, Environment, Reach, Sensitivity
from inventory.models import Api, BaseUrl

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SEED = 20_260_601
APIS = 2_000
SCANNED = 49
"""How many APIs a report speaks of beside the big one."""

HOST = "api-{}.shop.example"
RULES = 120
GONE = 10
"""One result in so many is gone in a later report."""
REPOSITORY = "code.shop.example/shop/monolith"

LEVELS = ("error", "warning", "warning", "warning", "note", "note")
VERBS = ("GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH")
WORDS = ("orders", "carts", "users", "payments", "invoices", "refunds", "stock", "search", "labels", "addresses")
SENTENCE = (
    "A value of the request reaches a query that is put together as text, so that whoever sends it can change what is"
    " asked. Bind the value instead."
)

BASE_FINDINGS = """
INSERT INTO findings_finding (
    code, api_id, fingerprint, weakness_key, source_kind, rule, weakness_class, title, message, remedy, severity,
    raw_severity, confidence, cwe, cve, kev, method, url, path, path_key, parameter, location, file, instances,
    suppressed, repository, record_digest, first_seen, present, status)
SELECT 'FND-' || upper(substr(mark, 1, 14)), api_id, mark, mark, 'elder', 'elder.' || n %% 200, 'CWE-' || 20 + n %% 180,
    'Elder finding number ' || n, %(sentence)s, '', n %% 5, '', 'firm', ARRAY[20 + n %% 180], '', false, 'GET',
    'https://api-' || api_id || '.shop.example/v1/things/' || n, '/things/' || n, '/things/{}', 'id', '', '', 1, false,
    '', mark, %(now)s, true, CASE n %% 10 WHEN 0 THEN 'triaged' WHEN 1 THEN 'false_positive' ELSE 'new' END
FROM (SELECT n, (%(apis)s::bigint[])[CASE WHEN n %% 3 = 0 THEN 1 ELSE ceil(power(%(length)s, random())) END] AS api_id,
    encode(sha256(('base ' || n)::bytea), 'hex') AS mark FROM generate_series(1, %(count)s) n) AS rows
"""

BASE_PRESENCE = """
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since)
SELECT finding.id, scan.series_id, scan.id, %(now)s FROM findings_finding finding
JOIN findings_series series ON series.api_id = finding.api_id AND series.name = 'elder'
JOIN findings_scan scan ON scan.series_id = series.id
"""


def person() -> Principal:
    """Return somebody who may upload for the whole organisation."""
    user, _ = User.objects.get_or_create(email="bench@shop.example", name="Bench")
    OrganisationRoleGrant.objects.get_or_create(user=user, role=OrganisationRole.ANALYST)
    roles = frozenset({OrganisationRole.ANALYST})
    return Principal(kind=PrincipalKind.USER, name=user.name, user_id=user.pk, organisation_roles=roles)


def make_apis(count: int) -> list[int]:
    """Store APIs with base URLs and settings of every kind, and the rule that ties the code to the first one."""
    chance = random.Random(SEED)  # noqa: S311 - the same estate each time, no secret
    apis = Api.objects.bulk_create(
        Api(
            code=f"API-B{number:07}", stable_id=uuid.UUID(int=number + 1), name=f"API {number}",
            slug=f"api-{number}", first_seen=NOW, last_seen=NOW, reach=chance.choice(Reach.values),
            environment=chance.choice(Environment.values), criticality=chance.choice(Criticality.values),
            sensitivity=chance.choice(Sensitivity.values),
        )
        for number in range(count)
    )  # fmt: skip
    BaseUrl.objects.bulk_create(
        BaseUrl(api=api, scheme="https", host=f"api-{number}.shop.example", port=443, base_path="/v1")
        for number, api in enumerate(apis)
    )
    user = User.objects.get(name=person().name)
    MappingRule.objects.create(
        code="MAP-BENCH", kind=RuleKind.REPOSITORY, pattern=REPOSITORY, api=apis[0], created_at=NOW, created_by=user
    )
    return [api.pk for api in apis]


def make_base(api_ids: list[int], count: int) -> None:
    """Fill the base with findings that another scanner found before, each open in a series of its API."""
    for api_id in api_ids:
        series = Series.objects.create(source_kind="elder", api_id=api_id, name="elder")
        Scan.objects.create(
            series=series, scanned_at=NOW, scanned_at_source="document", digest=f"{api_id:064}", complete=True
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        given: dict[str, Any] = {
            "apis": api_ids,
            "length": len(api_ids),
            "count": count,
            "now": NOW,
            "sentence": SENTENCE,
        }
        cursor.execute(BASE_FINDINGS, given)
        cursor.execute(BASE_PRESENCE, given)


def report(count: int, host: str = HOST, apis: int = APIS, *, later: bool = False) -> BytesIO:
    """Return a SARIF report with so many results, about 600 bytes each; `host` has a place for the number of an API.

    A `later` one is of the next day, when every tenth result is gone.
    """
    out = BytesIO()
    write_report(out, count, host, apis, later=later)
    out.seek(0)
    return out


def write_report(out: BinaryIO, count: int, host: str = HOST, apis: int = APIS, *, later: bool = False) -> None:
    """Write such a report into a file, result by result."""
    chance = random.Random(SEED)  # noqa: S311 - the same report each time, no secret
    code = count // 3
    out.write(b'{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [')
    source = [{"repositoryUri": f"https://{REPOSITORY}"}]
    _write_run(out, "codescan", _code(code, chance), later=later, versionControlProvenance=source)
    out.write(b",")
    _write_run(out, "webscan", _web(count - code, chance, host, apis), later=later)
    out.write(b"]}")


def _write_run(
    out: BinaryIO, tool: str, results: Iterator[dict[str, object]], *, later: bool, **members: object
) -> None:
    rules = [
        {
            "id": f"{tool}.{number}",
            "shortDescription": {"text": f"Weakness {number} of {tool}"},
            "help": {"text": f"{SENTENCE} See the page of rule {number}."},
            "properties": {"tags": [f"external/cwe/cwe-{20 + number}"], "precision": "high"},
        }
        for number in range(RULES)
    ]
    head = {
        "tool": {"driver": {"name": tool, "version": "1.2.3", "rules": rules}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": f"2026-06-0{1 + later}T08:00:00Z"}],
        **members,
    }
    out.write(json.dumps(head).encode()[:-1] + b', "results": [')
    kept = (result for number, result in enumerate(results) if not later or number % GONE)
    out.writelines(b"," * bool(number) + json.dumps(result).encode() for number, result in enumerate(kept))
    out.write(b"]}")


def _common(tool: str, number: int, chance: random.Random) -> dict[str, object]:
    rule = min(int(chance.paretovariate(0.7)) - 1, RULES - 1)
    return {
        "ruleId": f"{tool}.{rule}",
        "ruleIndex": rule,
        "level": chance.choice(LEVELS),
        "message": {"text": f"{chance.choice(WORDS).title()} {number}: {SENTENCE}"},
    }


def _code(count: int, chance: random.Random) -> Iterator[dict[str, object]]:
    for number in range(count):
        file = f"services/{chance.choice(WORDS)}/{chance.choice(WORDS)}/module_{number % 997}.py"
        line = chance.randrange(1, 2000)
        region = {
            "startLine": line,
            "endLine": line + 2,
            "snippet": {"text": f"value_{number} = query(request, {line})"},
        }
        yield {
            **_common("codescan", number, chance),
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": file}, "region": region}}],
            "partialFingerprints": {"primaryLocationLineHash": f"{number:016x}:1"},
            "codeFlows": [{"threadFlows": [{"locations": [{"location": {"message": {"text": "from here"}}}] * 2}]}],
        }


def _web(count: int, chance: random.Random, host: str, apis: int) -> Iterator[dict[str, object]]:
    weights = list(accumulate(1 / rank for rank in range(1, SCANNED + 1)))
    scanned = range(1, apis, max(1, apis // SCANNED))[:SCANNED]
    for number, api in enumerate(chance.choices(scanned, cum_weights=weights[: len(scanned)], k=count)):
        called = host.format(api)
        verb, word = chance.choice(VERBS), chance.choice(WORDS)
        target = f"/v1/{word}/{chance.randrange(10**6)}/part-{number}"
        yield {
            **_common("webscan", number, chance),
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"https://{called}{target}"}}}],
            "webRequest": {
                "method": verb,
                "target": target,
                "protocol": "https",
                "headers": {"Host": called, "User-Agent": "webscan/1.2.3", "Accept": "*/*"},
            },
            "properties": {"parameter": f"{word}_id", "security-severity": f"{chance.triangular(0, 10, 5):.1f}"},
        }
