"""Every page there is: how many queries it takes with a few rows and with many."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.access.routes import Scope, routes_of
from tests.estate import Estate, make_estate
from tests.inventory.access.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST = 12
FEW = {"apis": 5, "findings": 30}
MANY = {"apis": 40, "findings": 600}
ASKED = ("sort=-open&q=e", "reach=public", "severity=high&team=crew-2", "status=any")
"""What lists are narrowed to as well."""
ARGUMENTS = {"posture:api": "api", "posture:finding": "finding", "access:team": "team"}
"""What the argument of a page names, by the start of the page's name; other pages with arguments are not asked for."""


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}


def addresses(estate: Estate) -> Iterator[str]:
    """Yield the addresses of all pages that are no files, not of the REST interface and not of the sign-in."""
    codes = {"api": estate.api, "finding": estate.finding, "team": Team.objects.get(slug="crew-2").slug}
    for pattern, name, declared in routes_of(get_resolver()):
        left_out = (
            name.startswith(("api:", "account_", "mfa_")) or "export" in name or pattern.endswith((".svg", ".txt"))
        )
        if left_out or declared is None or declared.scope == Scope.PUBLIC:
            continue
        kind = next((kind for start, kind in ARGUMENTS.items() if name.startswith(start)), "")
        try:
            yield reverse(name, args=[codes[kind]] if "<" in pattern and kind else None)
        except NoReverseMatch:
            continue
    yield from (f"{page}?{asked}" for page in ("/apis/", "/findings/") for asked in ASKED)
    yield from (f"/apis/{estate.api}/findings/?{asked}" for asked in ASKED)


def queries(client: Client, address: str) -> int | None:
    """Return how many queries a page takes the second time; None where there is no page to look at."""
    if client.get(address).status_code != 200:
        return None
    with CaptureQueriesContext(connection) as taken:
        client.get(address)
    return len(taken)


def taken_with(apis: int, findings: int) -> dict[tuple[str, str], int]:
    """Return the queries of each page, for a security manager and the owner of a team, on such an estate."""
    taken: dict[tuple[str, str], int] = {}
    with transaction.atomic():
        estate = make_estate(apis=apis, findings=findings, teams=4)
        people = {
            "manager": person(OrganisationRole.SECURITY_MANAGER),
            "owner": person(owner_of=Team.objects.get(slug="crew-2")),
        }
        for role, user in people.items():
            client = signed_in(user)
            for address in addresses(estate):
                number = queries(client, address)
                if number is not None:
                    taken[role, address] = number
        transaction.set_rollback(True)
    return taken


def test_no_page_takes_more_queries_for_more_rows_and_none_takes_more_than_twelve() -> None:
    few, many = taken_with(**FEW), taken_with(**MANY)
    assert few.keys() == many.keys()
    pages = {address for _, address in many}
    assert {"/apis/", "/findings/", "/jobs/", "/connections/", "/mapping/", "/upload/", "/apis/API-E000001/"} <= pages
    assert {page: number for page, number in many.items() if number > MOST} == {}
    assert {page: (few[page], number) for page, number in many.items() if number > few[page]} == {}
