"""Alerts, the episodes they are folded into, what people did with them, and what they weigh."""

from incidents.models.alerts import Alert, SeenDelivery, ThreatState
from incidents.models.episodes import Episode, EpisodeQuerySet, TriageStep

__all__ = ["Alert", "Episode", "EpisodeQuerySet", "SeenDelivery", "ThreatState", "TriageStep"]
