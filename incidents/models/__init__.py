"""Alerts, the episodes they are folded into, what people did with them; incidents and what is done about them."""

from incidents.models.alerts import Alert, SeenDelivery, ThreatState
from incidents.models.episodes import Episode, EpisodeQuerySet, TriageStep
from incidents.models.incidents import Entry, Incident, IncidentQuerySet, Link, Participant
from incidents.models.response import (
    Clock,
    Evidence,
    IncidentTask,
    Playbook,
    PlaybookRun,
    Review,
    StepMark,
)

__all__ = [
    "Alert",
    "Clock",
    "Entry",
    "Episode",
    "EpisodeQuerySet",
    "Evidence",
    "Incident",
    "IncidentQuerySet",
    "IncidentTask",
    "Link",
    "Participant",
    "Playbook",
    "PlaybookRun",
    "Review",
    "SeenDelivery",
    "StepMark",
    "ThreatState",
    "TriageStep",
]
