"""What an endpoint of an API counts is what the list it opens holds."""

import re

import pytest

from findings.models import Finding
from findings.services.tallies import fold_tallies
from findings.status import SeverityRank, Status
from inventory.access.choices import OrganisationRole
from posture.selectors.api_endpoints import MATTER, endpoints_that_matter
from posture.selectors.summaries import SEVERITIES
from tests.inventory.access.people import person
from tests.posture.services.estates import luck, make_api, make_finding
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


def test_the_endpoints_that_matter_are_those_that_a_count_of_their_findings_says_whatever_was_decided() -> None:
    api, chance = make_api(), luck(7)
    make_finding(other := make_api(), severity=4, endpoint=make_endpoint(other, "/other"))
    places = [make_endpoint(api, f"/place-{number}") for number in range(MATTER + 1)]
    rows = [make_finding(api, severity=chance.randrange(5), endpoint=chance.choice(places)) for _ in range(40)]
    for _ in range(8):
        some = [row.pk for row in chance.sample(rows, 12)]
        Finding.objects.filter(pk__in=some).update(status=chance.choice(list(Status)))
        Finding.objects.filter(endpoint__in=chance.sample(places, 2)).update(status=Status.CLOSED)
        counts = {place.path: dict.fromkeys(SEVERITIES, 0) for place in places}
        for row in Finding.objects.open().filter(api=api, severity__gt=SeverityRank.INFO).select_related("endpoint"):
            assert row.endpoint
            counts[row.endpoint.path][SeverityRank(row.severity).name.lower()] += 1
        worst = sorted((path for path in counts if any(counts[path].values())),
                       key=lambda path: ([-counts[path][name] for name in SEVERITIES], path))  # fmt: skip
        for _ in range(2):
            told = [(row.path, dict(row.counts)) for row in endpoints_that_matter(api=api)]
            assert told == [(path, counts[path]) for path in worst[:MATTER]]
            fold_tallies()
