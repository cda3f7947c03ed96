"""The words of the roof."""

from django.db.models import TextChoices


class Band(TextChoices):
    """How bad a score is; taken on its two-decimal value."""

    CRITICAL = "critical", "Critical risk"
    HIGH = "high", "High risk"
    MEDIUM = "medium", "Medium risk"
    LOW = "low", "Low risk"
    NONE = "none", "No known risk"


class PortfolioKind(TextChoices):
    """What a portfolio adds up."""

    ORGANISATION = "organisation", "Organisation"
    TEAM = "team", "Team"


class ListName(TextChoices):
    """The lists of which people save views."""

    APIS = "apis", "APIs"
    FINDINGS = "findings", "Findings"
    QUEUE = "queue", "Queue"


class NoticeKind(TextChoices):
    """What somebody is told of."""

    ASSIGNED = "assigned", "Assigned to me"
    DEADLINE = "deadline", "Deadlines near or over"
    ACCEPTANCE = "acceptance", "Acceptances asked for or ending"
    ALERT = "alert", "Alerts on my APIs"
    INCIDENT = "incident", "Incidents I am in, or that nobody commands"
    IMPORT = "import", "Imports of mine that failed"


class Rhythm(TextChoices):
    """How often what is new comes by mail."""

    HOURLY = "hourly", "Every hour, if there is something new"
    DAILY = "daily", "Once a day at seven, if there is something new"
    NEVER = "never", "Never"


class MailState(TextChoices):
    """How far a mail is: one that was begun is never begun again."""

    PLANNED = "planned", "Planned"
    BEGUN = "begun", "Begun"
    SENT = "sent", "Sent"


class ComplianceState(TextChoices):
    """What an API is said to be by one requirement; not met first."""

    NOT_MET = "not_met", "Not met"
    ACCEPTED = "accepted", "Risk accepted"
    PARTLY = "partly", "Partly tested"
    NOT_TESTED = "not_tested", "Not tested"
    MET = "met", "Met"


class PaperFormat(TextChoices):
    """What a report is written as."""

    PDF = "pdf", "PDF report"
    XLSX = "xlsx", "XLSX workbook"
