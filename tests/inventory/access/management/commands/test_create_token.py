"""`manage.py create_token` prints a token and nothing else on standard output."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.models import Token
from inventory.access.services.tokens import find_token
from tests.inventory.access.people import person, team

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    output, told = StringIO(), StringIO()
    call_command("create_token", *arguments, stdout=output, stderr=told)
    return output.getvalue(), told.getvalue()


def test_the_output_is_the_token_alone_and_the_rest_is_told_beside_it() -> None:
    user = person(OrganisationRole.ANALYST)
    output, told = run("--user", user.email.upper())
    assert output.count("\n") == 1
    assert output.endswith("\n")
    token = find_token(secret=output.strip(), now=timezone.now())
    assert (token.user, token.scopes, token.team) == (user, ["export", "see", "upload"], None)
    assert timedelta(days=89) < token.expires_at - timezone.now() <= timedelta(days=90)
    assert output.strip() not in told
    assert told.count("\n") == 1
    assert f"{user.email} that may export, see, upload until" in told


def test_scopes_days_team_and_name_are_taken_over() -> None:
    payments = team()
    user = person(member_of=payments)
    options = ["--scopes", "see, upload", "--days", "7", "--team", payments.slug, "--name", "nightly import"]
    run("--user", user.email, *options)
    token = Token.objects.get()
    assert (token.scopes, token.team, token.name) == (["see", "upload"], payments, "nightly import")
    assert token.expires_at - token.created_at == timedelta(days=7)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--user", "nobody@test.example"], "There is nobody with the e-mail address nobody@test.example"),
        (["--scopes", "decide"], "“decide” is no scope"),
        (["--days", "1000"], "1 to 366 days"),
        (["--team", "none-such"], "There is no team none-such"),
    ],
)
def test_a_mistake_is_one_line_and_code_1(arguments: list[str], sentence: str) -> None:
    user = person()
    with pytest.raises(CommandError, match=sentence) as refusal:
        run(*(arguments if "--user" in arguments else ["--user", user.email, *arguments]))
    assert refusal.value.returncode == 1
    assert "\n" not in str(refusal.value)
    assert not Token.objects.exists()
