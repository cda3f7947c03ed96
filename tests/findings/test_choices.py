"""The words of severity and confidence."""

from findings.choices import Severity


def test_severity_ranks_grow_from_info_to_critical() -> None:
    ranks = {severity.value: severity.rank for severity in Severity}
    assert ranks == {"critical": 4, "high": 3, "medium": 2, "low": 1, "info": 0}
