"""Every page there is: how many queries it takes with a few rows and with many."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from tests.addresses import addresses
from tests.estate import make_estate
from tests.inventory.access.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST = 12
FEW = {"apis": 5, "findings": 30}
MANY = {"apis": 40, "findings": 600}
SHIFTING = re.compile(r"RUN-[0-9-]+|(?<=people/)[A-Z2-7]{13}|(?<=CAS-)[A-Z2-7]{13}")
LEADS_ON = {200, 302, 405}
"""What an address answers that is a page, leads to one, or is an act."""


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}


def queries(client: Client, address: str) -> int:
    """Return how many queries a page takes the second time."""
    with CaptureQueriesContext(connection) as taken:
        assert client.get(address).status_code == HTTPStatus.OK
    return len(taken)


def taken_with(apis: int, findings: int) -> dict[tuple[str, str], int]:
    """Return the queries of each page on such an estate, for a security manager and the owner of a team.

    An administrator looks at what those may not see. An address that shows nothing to anybody fails.
    """
    taken: dict[tuple[str, str], int] = {}
    with transaction.atomic():
        estate = make_estate(apis=apis, findings=findings, teams=4)
        left = set(addresses(estate))
        for role, user in (
            ("manager", person(OrganisationRole.SECURITY_MANAGER)),
            ("owner", person(owner_of=Team.objects.get(slug=estate.team))),
            ("administrator", person(OrganisationRole.ADMINISTRATOR)),
        ):
            client = signed_in(user)
            for address in sorted(left) if role == "administrator" else addresses(estate):
                status = client.get(address).status_code
                left -= {address} if status in LEADS_ON else set()
                if status == HTTPStatus.OK:
                    taken[role, address] = queries(client, address)
        transaction.set_rollback(True)
    assert not left, f"pages that were not looked at; tests.addresses.ARGUMENTS says what they name: {sorted(left)}"
    return taken


def test_no_page_takes_more_queries_for_more_rows_and_none_takes_more_than_twelve(
    record_property: Callable[[str, object], None],
) -> None:
    few, many = taken_with(**FEW), taken_with(**MANY)
    # Some addresses hold a number of a row.
    assert sorted((role, SHIFTING.sub("", page)) for role, page in few) == sorted(
        (role, SHIFTING.sub("", page)) for role, page in many
    )
    pages = {address for _, address in many}
    assert {"/apis/", "/findings/", "/jobs/", "/connections/", "/mapping/", "/upload/", "/apis/API-E000001/"} <= pages
    record_property("told", f"Pages: {len(many)} looked at, {max(many.values())} queries at most.")
    assert {page: number for page, number in many.items() if number > MOST} == {}
    before = {(role, SHIFTING.sub("", page)): number for (role, page), number in few.items()}
    grown = {
        page: (before[page[0], SHIFTING.sub("", page[1])], number)
        for page, number in many.items()
        if number > before[page[0], SHIFTING.sub("", page[1])]
    }
    assert grown == {}
