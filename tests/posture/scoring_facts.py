"""Facts for Hypothesis: any estate the risk model can meet, in the words of the risk model's own text."""

from hypothesis import strategies as st

from posture.records import AlertFacts, ApiFacts, FindingFacts, ThreatFacts

SEVERITIES = ("info", "low", "medium", "high", "critical")
CONFIDENCES = ("tentative", "firm", "confirmed")
EXPLOITED = ("none", "blocked", "unknown", "succeeded")
REACHES = ("internal", "partner", "unknown", "public")
STATUSES = (
    "new",
    "triaged",
    "in_progress",
    "reopened",
    "accepted",
    "resolved",
    "false_positive",
    "duplicate",
    "closed",
)
OPEN = STATUSES[:4]
CLASSES = ("CWE-89", "CWE-639", "zap:10021", "auth-missing")
CATEGORIES = ("API1", "API4", "API10", None)

findings = st.builds(
    FindingFacts,
    id=st.integers(1, 10**6),
    group=st.sampled_from(CLASSES),
    severity=st.sampled_from(SEVERITIES),
    status=st.sampled_from(STATUSES),
    confidence=st.sampled_from((*CONFIDENCES, None)),
    exploited=st.sampled_from((*EXPLOITED, "allowed")),
    epss=st.none() | st.floats(0, 1),
    kev=st.booleans(),
    cvss=st.none() | st.floats(0, 10),
)

alerts = st.builds(
    AlertFacts,
    severity=st.sampled_from(SEVERITIES),
    outcome=st.sampled_from(("succeeded", "allowed", "unknown", "blocked")),
    age_days=st.floats(0, 400),
    category=st.sampled_from(CATEGORIES),
)

threats = st.builds(
    ThreatFacts,
    category=st.sampled_from(("API1", "API5", "other")),
    passed=st.floats(0, 500),
    blocked=st.floats(0, 500),
)


def apis(
    *,
    found: st.SearchStrategy[FindingFacts] = findings,
    runtime: bool = True,
    largest: int = 30,
) -> st.SearchStrategy[ApiFacts]:
    """Return APIs in every setting; `runtime` False leaves alerts, threats and incidents out."""
    nothing: st.SearchStrategy[tuple[()]] = st.just(())
    return st.builds(
        ApiFacts,
        reach=st.sampled_from(REACHES),
        environment=st.sampled_from(("production", "staging", "test", "development", "unknown")),
        sensitivity=st.sampled_from(("restricted", "confidential", "internal", "public", "unknown")),
        criticality=st.sampled_from(("mission", "high", "medium", "low", "unknown")),
        findings=st.lists(found, max_size=largest, unique_by=lambda finding: finding.id).map(tuple),
        alerts=st.lists(alerts, max_size=8).map(tuple) if runtime else nothing,
        threats=st.lists(threats, max_size=3).map(tuple) if runtime else nothing,
        incidents=st.lists(st.sampled_from(("SEV1", "SEV2", "SEV3", "SEV4")), max_size=3).map(tuple)
        if runtime
        else nothing,
    )
