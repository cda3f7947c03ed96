"""What is wrong: reports, the series and scans they belong to, findings, their presence and people's decisions."""

from findings.models.decisions import Decision, DecisionQuerySet, MappingRule
from findings.models.findings import Finding, FindingQuerySet, Presence, Sighting
from findings.models.notes import Deadline, Note, NoteQuerySet
from findings.models.reports import Report, Scan, ScanPart, Series

__all__ = [
    "Deadline",
    "Decision",
    "DecisionQuerySet",
    "Finding",
    "FindingQuerySet",
    "MappingRule",
    "Note",
    "NoteQuerySet",
    "Presence",
    "Report",
    "Scan",
    "ScanPart",
    "Series",
    "Sighting",
]
