"""What crosses the borders of the risk model: facts in, scores out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFacts:
    """What the score needs to know of one finding.

    `id` breaks ties inside a class and names the factor. `group` is the class: the check id, else the CWE, else the
    source's rule id. `cvss` (0 to 10) sets the severity where it is given. `epss` (0 to 1) is None without a CVE.
    `confidence` None is unstated.
    """

    id: int | str
    group: str
    severity: str
    status: str
    confidence: str | None = None
    exploited: str = "none"
    epss: float | None = None
    kev: bool = False
    cvss: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """One runtime alert; `category` is its OWASP API category (`API1` to `API10`) or None."""

    severity: str
    outcome: str
    age_days: float
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatFacts:
    """The alerts of one category, weighted and decayed up to the moment of scoring."""

    category: str
    passed: float
    blocked: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """Everything one score is a function of."""

    reach: str
    environment: str
    sensitivity: str
    criticality: str
    findings: tuple[FindingFacts, ...] = ()
    alerts: tuple[AlertFacts, ...] = ()
    threats: tuple[ThreatFacts, ...] = ()
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One contribution to a score.

    `name` is `finding:ID`, `threat:CATEGORY` or `incident`; `hazard` what it adds to H, `points` its share of the
    score, `if_fixed` by how much the score falls without it. The last two differ, since chances saturate.
    """

    name: str
    hazard: float
    points: float
    if_fixed: float
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score (0 to 100, not rounded), what it is made of and what it would be with accepted findings in it.

    `hazard` and `inherent_hazard` are H without and with accepted findings; `factors` stand largest first.
    """

    score: float
    inherent: float
    band: str
    hazard: float
    inherent_hazard: float
    exposure: float
    impact: float
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Findings of one class with one hazard, in the order in which ties break.

    `names` may be cut short of `count` where nobody asks for the later ones.
    """

    hazard: float
    count: int
    names: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan: fix `name`, and after all steps before it the score falls by `gain` to `score`."""

    name: str
    group: str
    gain: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFix:
    """What fixing all `count` findings of one class that count brings the score to, everything else as it is."""

    group: str
    count: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What runtime says: decayed threats and open incidents by API id, and the exploited level by finding id."""

    threats: Mapping[int, tuple[ThreatFacts, ...]] = field(default_factory=dict)
    incidents: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    exploited: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One API after scoring: `exact` before rounding, `score` as kept, `changed` when a change point was written."""

    api_id: int
    exact: float
    score: Decimal
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """What one scoring did, by API in the order of their ids."""

    apis: tuple[Scored, ...]

    @property
    def changed(self) -> int:
        """Return how many change points were written."""
        return sum(each.changed for each in self.apis)


FRAMEWORK: Final = "owasp-api-2023"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of a framework: its short name, its id there, its title, and in our words what it is about."""

    short: str
    id: str
    title: str
    says: str


REQUIREMENTS: Final = (
    Requirement(
        short="API1", id="API1:2023", title="Broken Object Level Authorization",
        says="A caller names the id of somebody else's object, and the API returns or changes it.",
    ),
    Requirement(
        short="API2", id="API2:2023", title="Broken Authentication",
        says="Who calls is not proven, or the proof can be guessed, replayed or forged.",
    ),
    Requirement(
        short="API3", id="API3:2023", title="Broken Object Property Level Authorization",
        says="Fields are returned or written that this caller should not see or set.",
    ),
    Requirement(
        short="API4", id="API4:2023", title="Unrestricted Resource Consumption",
        says="Nothing limits calls, size, depth, time or what calls cost elsewhere.",
    ),
    Requirement(
        short="API5", id="API5:2023", title="Broken Function Level Authorization",
        says="An ordinary caller reaches a function that is meant for another role.",
    ),
    Requirement(
        short="API6", id="API6:2023", title="Unrestricted Access to Sensitive Business Flows",
        says="A flow that is right once is done by machines at a rate that harms the business.",
    ),
    Requirement(
        short="API7", id="API7:2023", title="Server Side Request Forgery",
        says="The API calls an address that its caller gave, without checking it.",
    ),
    Requirement(
        short="API8", id="API8:2023", title="Security Misconfiguration",
        says="Transport, headers, errors or methods are set so that they are not safe.",
    ),
    Requirement(
        short="API9", id="API9:2023", title="Improper Inventory Management",
        says="Hosts, versions or endpoints exist that nobody tracks or retires.",
    ),
    Requirement(
        short="API10", id="API10:2023", title="Unsafe Consumption of APIs",
        says="What another API answers is trusted more than what a user sends.",
    ),
)  # fmt: skip
"""The categories of the OWASP API Security Top 10 (2023), in their order."""
