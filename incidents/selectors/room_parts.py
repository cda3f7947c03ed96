"""What hangs on an incident in small numbers - clocks, tasks, evidence, reviews - in one query."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.dateparse import parse_datetime

from incidents.models import Clock, Evidence, Incident, IncidentTask, Review

FIELDS: Final[Mapping[str, tuple[Any, tuple[str, ...], Mapping[str, str]]]] = {
    "clocks": (
        Clock.objects,
        ("rule", "state", "aware_at", "due_at", "filed_at", "reference", "reason", "version"),
        {"starter": "started_by__name", "stopper": "stopped_by__name"},
    ),
    "tasks": (
        IncidentTask.objects,
        ("id", "title", "due_at", "is_improvement", "state", "version"),
        {"assignee": "assignee__name"},
    ),
    "evidence": (Evidence.objects, ("code", "digest", "counts", "at"), {"by": "by__name"}),
    "reviews": (
        Review.objects,
        ("id", "at", "what_happened", "went_well", "went_badly", "detection_gap", "lessons"),
        {"by": "by__name"},
    ),
}
"""Of each part its manager, its columns, and names of people under a name of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts as they lie in their columns, the oldest first; moments are moments."""

    clocks: tuple[dict[str, Any], ...]
    tasks: tuple[dict[str, Any], ...]
    evidence: tuple[dict[str, Any], ...]
    reviews: tuple[dict[str, Any], ...]


def parts_of(incident: Incident) -> Parts:
    """Return the parts of an incident; one query."""
    asked: dict[str, Any] = {f"all_{name}": ArraySubquery(_rows(*told)) for name, told in FIELDS.items()}
    row: dict[str, Any] = Incident.objects.filter(pk=incident.pk).annotate(**asked).values(*asked).get()
    return Parts(**{name: tuple(map(_read, row[f"all_{name}"])) for name in FIELDS})


def _rows(manager: Any, columns: tuple[str, ...], names: Mapping[str, str]) -> QuerySet[Any, Any]:
    told = JSONObject(**{column: F(column) for column in columns}, **{name: F(path) for name, path in names.items()})
    rows: QuerySet[Any, Any] = manager.filter(incident=OuterRef("pk")).order_by("pk")
    found: QuerySet[Any, Any] = rows.annotate(told=told).values("told")
    return found


def _read(told: dict[str, Any]) -> dict[str, Any]:
    return {name: parse_datetime(value) if name.endswith("at") and value else value for name, value in told.items()}
