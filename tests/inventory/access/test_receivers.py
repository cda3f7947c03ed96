"""What follows a migration, and what a deployment is asked before it starts."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connections
from pytest_django.fixtures import Settings


def errors(*, deployment: bool) -> set[str]:
    found = run_checks(tags=["security"], include_deployment_checks=deployment)
    return {check.id or "" for check in found if check.is_serious()}


def test_a_deployment_where_the_application_owns_its_tables_fails_the_check(settings: Settings) -> None:
    assert "access.E001" not in errors(deployment=True)
    settings.APPLICATION_ROLE = settings.DATABASES["owner"]["USER"]
    assert "access.E001" in errors(deployment=True)
    assert "access.E001" not in errors(deployment=False)


@pytest.mark.usefixtures("fresh_database")
def test_each_migration_makes_the_months_ahead_and_sets_the_rights_anew() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'access_statechange'::regclass"
        )
        (newest,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE {newest}")
        cursor.execute("GRANT ALL ON access_statechange TO PUBLIC")
    call_command("migrate", database="owner", verbosity=0)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [newest])
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT has_table_privilege(current_user, 'access_statechange', 'UPDATE')")
        assert cursor.fetchone() == (False,)
