"""What is wrong: reports, the series and scans they belong to, findings, their presence and people's decisions."""

from findings.models.checks import CheckResult, CheckResultQuerySet, Coverage
from findings.models.deadlines import Assignment, Deadline, DeadlineCalendar, Due, DueQuerySet, Pause, Retest
from findings.models.decisions import Decision, DecisionQuerySet, MappingRule
from findings.models.findings import Finding, FindingQuerySet, Presence, Sighting, with_words
from findings.models.notes import Note, NoteQuerySet
from findings.models.reports import ColumnMapping, Report, Scan, ScanPart, Series
from findings.models.tallies import EndpointTally, EndpointTallyQuerySet, Tally, TallyQuerySet

__all__ = [
    "Assignment",
    "CheckResult",
    "CheckResultQuerySet",
    "ColumnMapping",
    "Coverage",
    "Deadline",
    "DeadlineCalendar",
    "Decision",
    "DecisionQuerySet",
    "Due",
    "DueQuerySet",
    "EndpointTally",
    "EndpointTallyQuerySet",
    "Finding",
    "FindingQuerySet",
    "MappingRule",
    "Note",
    "NoteQuerySet",
    "Pause",
    "Presence",
    "Report",
    "Retest",
    "Scan",
    "ScanPart",
    "Series",
    "Sighting",
    "Tally",
    "TallyQuerySet",
    "with_words",
]
