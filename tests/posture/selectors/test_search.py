"""What the palette finds, and for whom."""

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job
from inventory.models import Api, BaseUrl, Connection
from posture.selectors.search import MOST, search
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import make_endpoint

pytestmark = pytest.mark.django_db

PLANTED = "Zanzibar"


def found(user: User, text: str) -> dict[str, list[str]]:
    groups = search(principal=principal_of(user, now=NOW), text=text)
    return {group.label: [hit.label for hit in group.hits] for group in groups}


def plant(owner: User, api: Api) -> None:
    """Name one of everything after the word."""
    BaseUrl.objects.create(api=api, scheme="https", host="zanzibar.example", base_path="/v1")
    make_endpoint(api, f"/{PLANTED}/{{id}}")
    make_finding(api, title=f"{PLANTED} is open", rule="ZNZ-1", cve="CVE-2026-1234")
    principal = principal_of(owner, now=NOW)
    Job.objects.create(
        kind="x", title=f"Read {PLANTED}", principal=principal.stored(), user_id=owner.pk, queue="bulk",
        created_at=NOW,
    )  # fmt: skip


def test_everything_in_sight_is_found_by_its_words_and_nothing_out_of_sight() -> None:
    ours, theirs = team(PLANTED), team("Others")
    owner, stranger = person(owner_of=ours), person(owner_of=theirs)
    plant(owner, make_api(team=ours, name=f"{PLANTED} API"))
    Connection.objects.create(
        code="CON-1", kind="folder", name=f"{PLANTED} folder", team=ours, created_at=NOW, changed_at=NOW
    )
    kinds = {"APIs", "Findings", "Endpoints", "Teams", "Connections", "Jobs"}
    assert kinds <= set(found(owner, "zanzibar"))
    assert kinds <= set(found(person(OrganisationRole.AUDITOR), "ZANZIBAR"))
    assert found(stranger, "zanzibar") == {}
    assert found(person(), "zanzibar") == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("api-77", "APIs"),
        ("harbour-slug", "APIs"),
        ("https://pay.example:8443/v2", "APIs"),
        ("pay.example", "APIs"),
        ("get /ships", "Endpoints"),
        ("/ships/{id}", "Endpoints"),
        ("fnd-77x", "Findings"),
        ("cve-2026-77", "Findings"),
        ("ZNZ-RULE", "Findings"),
    ],
)
def test_codes_addresses_paths_rules_and_cves_find_what_they_name(text: str, kind: str) -> None:
    api = make_api(code="API-77", slug="harbour-slug", name="Harbour")
    BaseUrl.objects.create(api=api, scheme="https", host="pay.example", port=8443, base_path="/v2")
    make_endpoint(api, "/ships/{id}")
    make_finding(api, code="FND-77X", rule="znz-rule", cve="CVE-2026-77", title="Leak")
    assert kind in found(person(OrganisationRole.AUDITOR), text)


def test_a_method_that_the_path_lacks_finds_nothing() -> None:
    make_endpoint(make_api(), "/ships/{id}")
    assert "Endpoints" not in found(person(OrganisationRole.AUDITOR), "delete /ships")


def test_worst_open_findings_stand_first_and_only_some_of_a_kind() -> None:
    api = make_api()
    for number in range(MOST + 4):
        make_finding(api, title=f"Leak {number}", severity=number % 5)
    make_finding(api, title="Leak closed", severity=4, status="closed")
    hits = found(person(OrganisationRole.AUDITOR), "leak")["Findings"]
    assert len(hits) == MOST
    assert "Leak closed" not in hits
    assert hits[0] in {"Leak 4", "Leak 9"}


def test_places_are_found_before_anything_is_typed_each_for_those_it_lets_in() -> None:
    assert "Upload a file" in found(person(member_of=team()), "")["Actions"]
    assert "Upload a file" not in found(person(OrganisationRole.AUDITOR), "")["Actions"]
    assert "Findings" in found(person(), "find")["Go to"]
    assert set(found(person(OrganisationRole.AUDITOR), "")) == {"Actions", "Go to"}


def test_people_are_found_by_those_who_manage_them_alone() -> None:
    sought = person()
    assert found(person(OrganisationRole.ADMINISTRATOR), sought.email)["People"] == [sought.name]
    for other in (person(OrganisationRole.SECURITY_MANAGER), person(owner_of=team())):
        assert "People" not in found(other, sought.email)


def test_hostile_words_find_nothing_and_break_nothing() -> None:
    for text in (
        "\0\0",
        "%",
        "_",
        "'; drop table",
        "https://",
        "\ud800".encode("utf-8", "replace").decode(),
        "x" * 500,
    ):
        found(person(OrganisationRole.AUDITOR), text * 3)


def test_seven_queries_are_enough(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    principal = principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    with django_assert_max_num_queries(7):
        search(principal=principal, text="zanzibar")
