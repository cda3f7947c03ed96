"""Who answers for an API, and its specification: who sees, who names, two at once, and what versions changed."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM
from inventory.jobs.models import Blob
from inventory.models import Api, ApiTeam, Endpoint, Specification
from inventory.records import EndpointRecord, Parameter, SpecificationRecord
from inventory.services.specifications import SpecificationOptions, record_specification
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, later, make_api
from tests.posture.views.pages import make_endpoint, rows_of, score, signed_in, text_of

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)>"


def assign(client: Client, api: Api, what: str, value: str, **more: str) -> int:
    sent = {"what": what, "value": value, "reason": "They build it.", **more}
    return int(client.post(f"/apis/{api.code}/people/", sent).status_code)


def test_an_owner_and_a_deputy_are_named_with_a_reason_on_the_trail() -> None:
    ours = team()
    api, mate, client = make_api(team=ours), person(member_of=ours), signed_in(person(owner_of=ours))
    assert assign(client, api, "owner", mate.email.upper(), stood="") == HTTPStatus.FOUND
    assert assign(client, api, "deputy", mate.email, stood="") == HTTPStatus.FOUND
    api.refresh_from_db()
    assert (api.owner, api.deputy) == (mate, mate)
    change = StateChange.objects.get(kind="api", verb="set owner")
    assert (change.new, change.reason) == (mate.email, "They build it.")
    assert assign(client, api, "owner", "", stood=mate.email) == HTTPStatus.FOUND
    api.refresh_from_db()
    assert api.owner is None


def test_nobody_out_of_sight_can_be_named_and_none_is_told_from_absent() -> None:
    ours = team()
    api, stranger, client = make_api(team=ours), person(member_of=team()), signed_in(person(owner_of=ours))
    for email in (stranger.email, "nobody@nowhere.example"):
        answer = client.post(f"/apis/{api.code}/people/", {"what": "owner", "value": email})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "Nobody whom you may name" in text_of(answer.content)
    assert stranger.email not in client.get(f"/apis/{api.code}/people/").content.decode()


def test_an_api_changes_hands_for_a_reason_and_leaves_the_sight_of_who_had_it() -> None:
    ours, theirs = team("Payments"), team("Logistics")
    api, manager = make_api(team=ours), signed_in(person(OrganisationRole.SECURITY_MANAGER))
    assert assign(manager, api, "team", theirs.slug, reason=" ") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert assign(manager, api, "team", theirs.slug, stood=ours.slug) == HTTPStatus.FOUND
    assert ApiTeam.objects.get(api=api, until=None).team == theirs
    assert signed_in(person(owner_of=ours)).get(f"/apis/{api.code}/people/").status_code == HTTPStatus.NOT_FOUND
    seen = text_of(signed_in(person(owner_of=theirs)).get(f"/apis/{api.code}/people/").content)
    assert "Another team held it until" in seen
    assert "Payments" not in seen
    assert "Payments held it until" in text_of(manager.get(f"/apis/{api.code}/people/").content)


def test_a_team_hands_on_only_what_it_holds_and_only_where_it_sees() -> None:
    ours, theirs = team("Payments"), team("Logistics")
    api, owner = make_api(team=ours), signed_in(person(owner_of=ours))
    assert assign(owner, api, "team", theirs.slug, stood=ours.slug) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert assign(owner, api, "team", "", stood=ours.slug) == HTTPStatus.FOUND
    assert owner.get(f"/apis/{api.code}/people/").status_code == HTTPStatus.NOT_FOUND
    assert assign(owner, make_api(team=theirs), "team", "") == HTTPStatus.NOT_FOUND


def test_who_may_not_classify_looks_and_is_told_who_may() -> None:
    api = make_api(team=team())
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    page = text_of(auditor.get(f"/apis/{api.code}/people/").content)
    assert "Named by: Security manager" in page
    assert "Hand it to another team" not in page
    answer = auditor.post(f"/apis/{api.code}/people/", {"what": "owner", "value": ""})
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_of_two_at_once_the_second_is_told_what_stands() -> None:
    api, first, second = make_api(), person(), person()
    client = signed_in(person(OrganisationRole.ANALYST))
    assert assign(client, api, "owner", first.email, stood="") == HTTPStatus.FOUND
    answer = client.post(f"/apis/{api.code}/people/", {"what": "owner", "value": second.email, "stood": ""})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert first.email in text_of(answer.content)
    api.refresh_from_db()
    assert api.owner == first
    assert assign(client, api, "team", team().slug, stood="another") == HTTPStatus.CONFLICT


def specify(api: Api, version: str, *, days: int, current: bool = False) -> Specification:
    return Specification.objects.create(
        api=api, digest=version, format="openapi-3", title=HOSTILE, version=version, read_at=later(days=days),
        endpoints_declared=3, current=current,
    )  # fmt: skip


def test_versions_stand_newest_first_with_what_came_and_went() -> None:
    api = make_api()
    specify(api, "1.0", days=0)
    specify(api, "1.1", days=1)
    specify(api, "2.0", days=2, current=True)
    make_endpoint(api, "/old", first_seen=later(days=0), removed_at=later(days=2))
    make_endpoint(api, "/kept", first_seen=later(days=0), deprecated=True)
    make_endpoint(api, "/new", first_seen=later(days=2))
    page = signed_in(person(OrganisationRole.AUDITOR)).get(f"/apis/{api.code}/specification/").content
    newest, middle, first = rows_of(page)
    assert "2.0 Current" in newest
    assert "1 added GET /new" in newest
    assert "1 removed GET /old" in newest
    assert "No endpoint came or went" in middle
    assert "The first that was read" in first
    assert "GET /kept" in text_of(page)


def test_a_version_names_the_endpoints_it_declares_otherwise_and_what_about_them() -> None:
    api = make_api(name="Pay")
    kept, back = endpoint("/kept"), endpoint("/back")
    first = [kept, back, endpoint("/open", authentication="declared"), endpoint("/wider", parameters=(FROM,))]
    second = [kept, endpoint("/open", authentication="none"), endpoint("/come"), endpoint("/wider", deprecated=True)]
    for days, endpoints in enumerate((first, second, [*second, back], [*second, back])):
        read(api, f"{days}.0", endpoints, now=later(days=days))
    page = signed_in(person(OrganisationRole.AUDITOR)).get(f"/apis/{api.code}/specification/").content
    newest, third, second_row, _ = rows_of(page)
    assert "No endpoint came, went or changed" in newest
    assert "1 changed GET /back back again" in third
    assert "1 added GET /come" in second_row
    assert "2 changed GET /open authentication declared to none GET /wider parameters, deprecated" in second_row


def test_a_version_that_declares_the_same_in_another_order_changes_nothing() -> None:
    api, names, statuses, members = make_api(name="Pay"), (FROM, UNTIL), ("200", "404"), ("id", "total")
    for days, way in enumerate((1, -1)):
        told = endpoint("/a", parameters=names[::way], responses=statuses[::way], members=members[::way])
        read(api, f"{days}.0", [told], now=later(days=days))
    page = signed_in(person(OrganisationRole.AUDITOR)).get(f"/apis/{api.code}/specification/").content
    assert "No endpoint came, went or changed" in rows_of(page)[0]


FROM = Parameter(name="from", where="query", kind="string")
UNTIL = Parameter(name="until", where="query", kind="string")


def endpoint(path: str, **more: Any) -> EndpointRecord:
    return EndpointRecord(method="GET", path=path, path_key=path, **more)


def read(api: Api, version: str, endpoints: list[EndpointRecord], *, now: datetime) -> None:
    blob = Blob.objects.create(digest=version, size=1, key_id="test", where=version, created_at=now, expires_at=now)
    record_specification(
        specification=SpecificationRecord(title="Pay", version=version, format="OpenAPI 3.0", spec_version="3.0.3"),
        endpoints=endpoints,
        blob=blob,
        options=SpecificationOptions(api=api.code),
        principal=SYSTEM,
        now=now,
    )


def test_without_a_specification_the_page_says_what_will_be_there() -> None:
    page = signed_in(person(OrganisationRole.AUDITOR)).get(f"/apis/{make_api().code}/specification/").content
    assert "No specification yet" in text_of(page)


def test_the_pages_stay_text_in_sight_and_under_twelve_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ours = team(HOSTILE)
    api = make_api(team=ours, name=HOSTILE, owner=person())
    specify(api, HOSTILE, days=0, current=True)
    Endpoint.objects.bulk_create(
        Endpoint(api=api, method="GET", path=f"/{HOSTILE}/{n}", path_key=str(n), first_seen=NOW) for n in range(60)
    )
    score(api)
    client, stranger = signed_in(person(OrganisationRole.ANALYST)), signed_in(person(member_of=team()))
    for tab in ("people", "specification", "history"):
        with django_assert_max_num_queries(12):
            page = client.get(f"/apis/{api.code}/{tab}/")
        assert "<img" not in page.content.decode()
        assert stranger.get(f"/apis/{api.code}/{tab}/").status_code == HTTPStatus.NOT_FOUND
        assert Client().get(f"/apis/{api.code}/{tab}/").status_code == HTTPStatus.FOUND
