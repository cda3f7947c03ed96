"""What a deployment is asked before it starts."""

from django.core.checks import run_checks
from pytest_django.fixtures import Settings


def errors(*, deployment: bool) -> set[str]:
    found = run_checks(tags=["security"], include_deployment_checks=deployment)
    return {check.id or "" for check in found if check.is_serious()}


def test_a_deployment_where_the_application_owns_its_tables_fails_the_check(settings: Settings) -> None:
    assert "access.E001" not in errors(deployment=True)
    settings.APPLICATION_ROLE = settings.DATABASES["owner"]["USER"]
    assert "access.E001" in errors(deployment=True)
    assert "access.E001" not in errors(deployment=False)
