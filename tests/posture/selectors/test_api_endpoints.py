"""What an endpoint of an API counts is what the list it opens holds."""

import re

import pytest

from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import make_endpoint, rows_of, signed_in

pytestmark = pytest.mark.django_db
ROW = re.compile(r"<tr data-row.*?</tr>", re.DOTALL)


def test_an_endpoint_counts_what_the_list_it_opens_holds_those_of_info_too() -> None:
    api = make_api()
    busy, quiet = make_endpoint(api, "/busy"), make_endpoint(api, "/quiet")
    for severity in (4, 2, 0, 0):
        make_finding(api, severity=severity, endpoint=busy)
    make_finding(api, severity=0, endpoint=quiet)
    analyst = signed_in(person(OrganisationRole.ANALYST))
    rows = ROW.findall(analyst.get(f"/apis/{api.code}/endpoints/").content.decode())
    for row, number in zip(rows, (4, 1), strict=True):
        told = row[row.index('<span class="sevcount">') :]
        assert sum(map(int, re.findall(r">(\d+)<span", told))) == number
        way = re.search(r'href="(/apis/[^"]+endpoint=[^"]+)"', row)
        assert way
        assert len(rows_of(analyst.get(way[1]).content)) == number
