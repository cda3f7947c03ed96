"""What runtime says of some APIs: what their alerts weigh by now, and which findings are under attack."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from findings.models import Finding
from findings.status import OPEN, Status
from incidents.choices import COUNTING, HARMLESS, WORST_FIRST
from incidents.models import Episode, Link, ThreatState
from incidents.scoring.categories import category_of
from incidents.scoring.threat import Pair
from posture.records import Runtime, ThreatFacts

RECENT: Final = timedelta(days=30)
"""How long an attack says of a finding on its endpoint that it is being exploited."""
FAINT: Final = 1e-9
"""What weighs less than this is gone."""


def runtime_of(*, api_ids: Collection[int], now: datetime) -> Runtime:
    """Return what the score takes from alerts, those left out that people called harmless, and from incidents."""
    return Runtime(threats=_threats(api_ids, now), incidents=_incidents(api_ids), exploited=_exploited(api_ids, now))


def _incidents(api_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the severities of the incidents that harm each API and count, the gravest first."""
    links = Link.objects.filter(
        api__in=api_ids, removed_at=None, incident__stage__in=[stage.value for stage in COUNTING]
    )
    found: dict[int, list[str]] = defaultdict(list)
    for api_id, level in links.order_by("incident__level", "pk").values_list("api_id", "incident__level"):
        if api_id is not None:
            found[api_id].append(level)
    return {api_id: tuple(levels) for api_id, levels in found.items()}


def _threats(api_ids: Collection[int], now: datetime) -> dict[int, tuple[ThreatFacts, ...]]:
    found: dict[int, list[ThreatFacts]] = defaultdict(list)
    for state in ThreatState.objects.filter(api__in=api_ids).order_by("api", "category"):
        pair = Pair(passed=state.passed, blocked=state.blocked, as_of=state.as_of).at(now)
        if pair.passed > FAINT or pair.blocked > FAINT:
            found[state.api_id].append(ThreatFacts(category=state.category, passed=pair.passed, blocked=pair.blocked))
    return {api_id: tuple(threats) for api_id, threats in found.items()}


def _exploited(api_ids: Collection[int], now: datetime) -> dict[int, str]:
    """Return the worst that became of an attack of a finding's category on its endpoint, by the finding's id."""
    attacks: dict[tuple[int | None, str], set[str]] = defaultdict(set)
    recent = Episode.objects.live().filter(api__in=api_ids, endpoint__isnull=False, last_at__gte=now - RECENT)
    recent = recent.exclude(category="").exclude(resolution__in=[word.value for word in HARMLESS])
    for endpoint_id, category, outcome in recent.values_list("endpoint_id", "category", "outcome").distinct():
        attacks[endpoint_id, category].add(outcome)
    if not attacks:
        return {}
    findings = Finding.objects.filter(
        api__in=api_ids, endpoint__in={endpoint_id for endpoint_id, _ in attacks}, moved_to=None,
        status__in=(*OPEN, Status.ACCEPTED),
    )  # fmt: skip
    exploited = {}
    for pk, endpoint_id, cwes in findings.values_list("pk", "endpoint_id", "cwe"):
        outcomes = attacks.get((endpoint_id, category_of(cwes)))
        if outcomes:
            exploited[pk] = next(word.value for word in WORST_FIRST if word in outcomes)
    return exploited
