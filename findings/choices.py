"""The vocabulary of what is wrong, as plain words that readers may use."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is by itself."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """A number that grows with severity: 0 for info, 4 for critical."""
        return len(Severity) - 1 - list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the tool is."""

    CONFIRMED = "confirmed"
    FIRM = "firm"
    TENTATIVE = "tentative"
