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
