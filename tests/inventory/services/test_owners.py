"""Files that name owners: what they propose, and that a person's word stands."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.access.records import SYSTEM
from inventory.choices import FactSource
from inventory.models import Api, Fact
from inventory.services.classify import Person, assign_person, assign_team
from inventory.services.owners import attribute_of, bare
from posture.selectors.api_page import visible_api
from posture.selectors.api_people import people_of
from tests.findings.reports import NOW, analyst, openapi, take_in, told
from tests.inventory.access.people import person, signed_in

pytestmark = pytest.mark.usefixtures("fresh_database")
SAMPLES = Path(__file__).parent.parent / "connectors"
CATALOG = (SAMPLES / "backstage/samples/catalog.yaml").read_bytes()
CODEOWNERS = (SAMPLES / "codeowners/samples/owners.log").read_bytes()


def proposed(api: Api) -> set[tuple[str, str]]:
    return set(Fact.objects.filter(api=api, source_kind=FactSource.FILE).values_list("attribute", "value"))


def known(name: str) -> Api:
    take_in(openapi(name, "/a"), f"{name}.json", analyst())
    return Api.objects.get(name=name)


@pytest.mark.parametrize(
    ("written", "attribute", "name"),
    [
        ("group:default/payments", "team", "payments"), ("payments", "team", "payments"),
        ("user:default/olga", "owner", "olga"), ("@shop/payments", "team", "payments"), ("@olga", "owner", "olga"),
        ("olga@shop.example", "owner", "olga@shop.example"),
    ],
)  # fmt: skip
def test_an_owner_as_written_is_a_team_or_a_person(written: str, attribute: str, name: str) -> None:
    assert attribute_of(written) == attribute
    assert bare(written) == name


def test_a_catalogue_proposes_owners_for_the_apis_it_names_and_tells_those_nobody_knows() -> None:
    orders, ledger = known("Orders API"), known("Ledger")
    result = told(take_in(CATALOG, "catalog-info.yaml", analyst()))
    assert proposed(orders) == {("team", "group:default/orders")}
    assert proposed(ledger) == {("owner", "user:default/olga")}
    assert (result["apis"], result["changed"]) == (2, 2)
    assert "nobody-s" in result["note"]
    assert StateChange.objects.filter(verb="proposed owners").count() == 2
    assert told(take_in(CATALOG, "catalog-info.yaml", analyst()))["changed"] == 0


def test_the_last_rule_for_everything_owns_the_api_a_file_of_patterns_was_uploaded_for() -> None:
    api = known("Orders API")
    take_in(CODEOWNERS, "CODEOWNERS", analyst(), api=api.code)
    assert proposed(api) == {("team", "@shop/platform"), ("owner", "olga@shop.example")}
    take_in(b"* @shop/other\n", "CODEOWNERS", analyst(), api=api.code)
    assert proposed(api) == {("team", "@shop/other")}


def test_a_file_of_patterns_for_no_api_is_refused_with_what_to_do() -> None:
    job = take_in(CODEOWNERS, "CODEOWNERS", analyst())
    assert job.state == "failed"
    assert "say which API it is about" in job.error


def test_a_person_s_word_stands_whatever_files_say() -> None:
    api = known("Orders API")
    mine, olga = Team.objects.create(slug="mine", name="Mine"), person()
    assign_team(api=api, team=mine, principal=SYSTEM, now=NOW)
    assign_person(api=api, role=Person.OWNER, user=olga, principal=SYSTEM, now=NOW)
    take_in(CATALOG, "catalog-info.yaml", analyst())
    api.refresh_from_db()
    assert api.owner == olga
    assert api.team_rows.get(until=None).team == mine


def test_a_proposal_that_fits_a_team_is_taken_by_one_press(settings: Settings) -> None:
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}
    Team.objects.create(slug="orders", name="Orders")
    api = known("Orders API")
    take_in(CATALOG, "catalog-info.yaml", analyst())
    [one] = people_of(principal=SYSTEM, api=visible_api(principal=SYSTEM, code=api.code), may_assign=True).proposals
    assert (one.what, one.value, one.taken, one.file) == ("team", "orders", False, "catalog-info.yaml")
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    page = client.get(f"/apis/{api.code}/people/").content.decode()
    assert "Give it to Orders" in page
    body = {"what": "team", "value": "orders", "stood": "", "reason": "Proposed by catalog-info.yaml"}
    assert client.post(f"/apis/{api.code}/people/", body).status_code == 302
    assert "As named here" in client.get(f"/apis/{api.code}/people/").content.decode()
