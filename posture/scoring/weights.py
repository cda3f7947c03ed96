"""The weights of the risk model: one frozen table per version.

A changed weight is a new version. A version may be tried on live facts before it is put in force, and never rewrites
scores that are stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Every number of the risk model.

    `severity` and `kev` are chances of being used; `epss_cap` the largest EPSS that counts. `cvss` and `bands` are
    (word, lowest value) pairs from the top. `passed` and `blocked` say how often an alert of an outcome counts.
    """

    version: int
    severity: Mapping[str, float]
    cvss: tuple[tuple[str, float], ...]
    kev: float
    epss_cap: float
    confidence: Mapping[str, float]
    unstated_confidence: str
    exploited: Mapping[str, float]
    alert: Mapping[str, float]
    passed: Mapping[str, float]
    blocked: Mapping[str, float]
    half_life_days: float
    passed_factor: float
    blocked_factor: float
    incident: Mapping[str, float]
    reach: Mapping[str, float]
    environment: Mapping[str, float]
    sensitivity: Mapping[str, float]
    criticality: Mapping[str, float]
    impact_floor: float
    impact_larger: float
    bands: tuple[tuple[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the table as plain JSON values; `from_json` reads it back."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Weights":
        """Return the table that `as_json` wrote; raises KeyError when a weight is missing."""
        return cls(**{field.name: _frozen(stored[field.name]) for field in fields(cls)})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [list(pair) for pair in value]
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType(dict(value))
    if isinstance(value, list):
        return tuple((word, lowest) for word, lowest in value)
    return value


VERSION_1 = Weights(
    version=1,
    severity=MappingProxyType({"critical": 0.75, "high": 0.35, "medium": 0.10, "low": 0.02, "info": 0.0}),
    cvss=(("critical", 9.0), ("high", 7.0), ("medium", 4.0), ("low", 0.1), ("info", 0.0)),
    kev=0.75,
    epss_cap=0.999,
    confidence=MappingProxyType({"confirmed": 1.0, "firm": 0.8, "tentative": 0.5}),
    unstated_confidence="firm",
    exploited=MappingProxyType({"succeeded": 4.0, "allowed": 2.0, "unknown": 2.0, "blocked": 1.2, "none": 1.0}),
    alert=MappingProxyType({"critical": 8.0, "high": 4.0, "medium": 2.0, "low": 1.0, "info": 0.0}),
    passed=MappingProxyType({"succeeded": 4.0, "allowed": 1.0, "unknown": 1.0, "blocked": 0.0}),
    blocked=MappingProxyType({"succeeded": 0.0, "allowed": 0.0, "unknown": 0.0, "blocked": 1.0}),
    half_life_days=7.0,
    passed_factor=0.12,
    blocked_factor=0.03,
    incident=MappingProxyType({"SEV1": 2.0, "SEV2": 1.0, "SEV3": 0.4, "SEV4": 0.1}),
    reach=MappingProxyType({"public": 1.0, "partner": 0.6, "internal": 0.35, "unknown": 0.8}),
    environment=MappingProxyType({"production": 1.0, "unknown": 1.0, "staging": 0.3, "test": 0.1, "development": 0.1}),
    sensitivity=MappingProxyType(
        {"restricted": 1.0, "confidential": 0.7, "internal": 0.4, "public": 0.1, "unknown": 0.6}
    ),
    criticality=MappingProxyType({"mission": 1.0, "high": 0.8, "medium": 0.5, "low": 0.2, "unknown": 0.5}),
    impact_floor=0.25,
    impact_larger=0.7,
    bands=(("critical", 60.0), ("high", 30.0), ("medium", 10.0)),
)
