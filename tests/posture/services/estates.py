"""Estates to score: random APIs and findings in the database, and the same as facts of the model."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any

from findings.models import Finding, Presence, Scan, Series
from findings.status import SeverityRank, Status
from inventory.access.models import Team
from inventory.choices import Criticality, Environment, Reach, Sensitivity, Stage
from inventory.models import Api, ApiTeam
from posture.models import ApiScore, CurrentScore
from posture.records import ApiFacts, FindingFacts, Runtime

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN = ("new", "triaged", "in_progress", "reopened")
_numbers = count(1)


def luck(seed: int) -> random.Random:
    """Return chance that is the same in each run."""
    return random.Random(seed)


def make_team(slug: str) -> Team:
    return Team.objects.create(slug=slug, name=slug.title())


def make_api(*, team: Team | None = None, **values: object) -> Api:
    """Store an API; what is not given is unknown."""
    number = next(_numbers)
    api = Api.objects.create(
        **{
            "code": f"API-{number}",
            "stable_id": uuid.UUID(int=number),
            "name": f"API {number}",
            "slug": f"api-{number}",
            "first_seen": NOW,
            "last_seen": NOW,
            **values,
        }
    )
    if team is not None:
        ApiTeam.objects.create(api=api, team=team, since=NOW)
    return api


def finding(api: Api | None, **values: object) -> Finding:
    """Return a finding that is not stored yet."""
    number = next(_numbers)
    return Finding(
        **{
            "api": api,
            "code": f"FND-{number}",
            "fingerprint": sha256(str(number).encode()).hexdigest(),
            "weakness_key": "",
            "source_kind": "tool",
            "rule": "rule",
            "weakness_class": "CWE-639",
            "title": "A weakness",
            "severity": SeverityRank.HIGH,
            "confidence": "firm",
            "record_digest": "",
            "first_seen": NOW,
            **values,
        }
    )


def make_finding(api: Api | None, **values: object) -> Finding:
    """Store one finding: high, firm, new, of class CWE-639 unless told otherwise."""
    stored = finding(api, **values)
    stored.save()
    return stored


def seen_by_a_scan(*rows: Finding) -> None:
    """Put findings on record as seen by one scan of one series, at the time they were first seen."""
    for row in rows:
        series, _ = Series.objects.get_or_create(source_kind=row.source_kind, name="nightly", api=row.api)
        scan, _ = Scan.objects.get_or_create(
            series=series, scanned_at=row.first_seen, digest="x", scanned_at_source="document", complete=True
        )
        Presence.objects.create(finding=row, series=series, from_scan=scan, since=row.first_seen)


def random_api(chance: random.Random, *, team: Team | None = None, largest: int = 40) -> Api:
    """Store an API with findings in all states, some of them alike in hazard, some with extreme numbers."""
    api = make_api(
        team=team,
        reach=chance.choice(Reach.values),
        environment=chance.choice(Environment.values),
        criticality=chance.choice(Criticality.values),
        sensitivity=chance.choice(Sensitivity.values),
        stage=chance.choice(Stage.values),
    )
    classes = [f"CWE-{chance.randrange(4)}" for _ in range(3)] + ["", "a class of 'quotes' %s"]
    Finding.objects.bulk_create(
        finding(
            api,
            weakness_class=chance.choice(classes),
            severity=chance.choice(SeverityRank.values),
            status=chance.choice(Status.values),
            confidence=chance.choice(("", "confirmed", "firm", "tentative")),
            cvss=chance.choice((None, None, None, 0.0, 0.1, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0, chance.uniform(0, 10))),
            epss=chance.choice((None, None, 0.0, 1.0, chance.random())),
            kev=chance.random() < 0.1,
        )
        for _ in range(chance.randrange(largest))
    )
    return api


def facts_of(api: Api, runtime: Runtime) -> ApiFacts:
    """Return the facts of a stored API, read one by one: the other road to the score."""
    api.refresh_from_db()
    return ApiFacts(
        reach=api.reach,
        environment=api.environment,
        sensitivity=api.sensitivity,
        criticality=api.criticality,
        findings=tuple(
            FindingFacts(
                id=row.fingerprint,
                group=row.weakness_class,
                severity=SeverityRank(row.severity).name.lower(),
                status=row.status,
                confidence=row.confidence or None,
                exploited=runtime.exploited.get(row.pk, "none"),
                epss=row.epss,
                kev=row.kev,
                cvss=row.cvss,
            )
            for row in Finding.objects.filter(api=api, moved_to=None)
        ),
        threats=runtime.threats.get(api.pk, ()),
        incidents=runtime.incidents.get(api.pk, ()),
    )


def later(**passed: float) -> datetime:
    """Return a time after the estate was made."""
    return NOW + timedelta(**passed)


def worst(**values: Any) -> Api:
    """Return an API on which one confirmed finding scores what its severity is worth."""
    given: dict[str, Any] = {
        "reach": "public",
        "environment": "production",
        "sensitivity": "restricted",
        "criticality": "mission",
    }
    return make_api(**given | values)


def score_of(api: Api) -> Decimal:
    """Return the score an API has now."""
    return CurrentScore.objects.get(api=api).score


def single(point: ApiScore) -> list[tuple[str, str, float, float]]:
    """Return name, class, points and what fixing buys of each factor that is named in a stored score."""
    return list(zip(*(point.factors[column] for column in ("names", "classes", "points", "fixed")), strict=True))
