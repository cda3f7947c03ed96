"""The trail as somebody may read it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.access.services.trail import record_change
from inventory.access.trail import TrailFilter, in_words, plain, told_act, trail_in_sight, trail_page
from inventory.models import Connection
from tests.inventory.access.people import NOW, person, signed_in, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def write(kind: str, code: str, verb: str = "change", **values: Any) -> None:
    actor = principal_of(person(), now=NOW)
    usual = {"old": None, "new": None, "now": NOW}
    record_change(principal=actor, kind=kind, code=code, verb=verb, **{**usual, **values})


def codes(principal: Principal, query: str = "") -> list[str]:
    return [row.code for row in trail_page(principal=principal, narrowed=TrailFilter(QueryDict(query))).rows]


@pytest.fixture
def auditor() -> Principal:
    return principal_of(person(OrganisationRole.AUDITOR), now=NOW)


@pytest.fixture
def payments() -> Team:
    return team()


def test_an_owner_reads_what_is_about_their_own_and_nothing_else(payments: Team) -> None:
    logistics = team("Logistics")
    own, foreign, nobodys = make_api(team=payments), make_api(team=logistics), make_api()
    for held_by, code in ((payments, "CON-A"), (logistics, "CON-B")):
        Connection.objects.create(code=code, kind="url", name="n", team=held_by, created_at=NOW, changed_at=NOW)
    for api in (own, foreign, nobodys):
        write("api", api.code, api_id=api.pk)
        write("finding", f"FND of {api.code}", api_id=api.pk)
    for kind, code in (
        ("team", payments.slug), ("team", logistics.slug), ("connection", "CON-A"), ("connection", "CON-B"),
        ("person", "somebody@test.example"), ("token", "posture_x"), ("export", "apis"), ("policy", "deadlines"),
    ):  # fmt: skip
        write(kind, code)
    owner = principal_of(person(owner_of=payments, member_of=logistics), now=NOW)
    assert set(codes(owner)) == {own.code, f"FND of {own.code}", payments.slug, "CON-A"}


def test_only_the_roles_of_the_ruling_read_it(payments: Team) -> None:
    write("team", payments.slug)
    for role in OrganisationRole:
        reads = role in {
            OrganisationRole.ADMINISTRATOR, OrganisationRole.SECURITY_MANAGER, OrganisationRole.AUDITOR,
        }  # fmt: skip
        assert codes(principal_of(person(role), now=NOW)) == ([payments.slug] if reads else []), role
    assert codes(principal_of(person(member_of=payments), now=NOW)) == []
    assert codes(principal_of(person(), now=NOW)) == []


def test_it_is_narrowed_by_what_the_chips_say(auditor: Principal) -> None:
    day = timedelta(days=1)
    write("api", "API-1", "set reach", now=NOW)
    write("finding", "FND-1", "decide", now=NOW - day, reason="Because of X.")
    write("finding", "FND-2", "decide", now=NOW - 2 * day)
    name = StateChange.objects.get(code="FND-2").actor_name
    for query, expected in (
        ("", ["API-1", "FND-1", "FND-2"]),
        ("kind=finding", ["FND-1", "FND-2"]),
        ("kind=finding&code=FND-2", ["FND-2"]),
        ("verb=REACH", ["API-1"]),
        (f"actor={name.lower()}", ["FND-2"]),
        ("since=2026-11-19", ["API-1", "FND-1"]),
        ("until=2026-11-19", ["FND-1", "FND-2"]),
        ("since=2026-11-19&until=2026-11-19", ["FND-1"]),
        ("q=because", ["FND-1"]),
        ("q=%25", []),
        ("since=0001-01-01&until=9999-12-31", ["API-1", "FND-1", "FND-2"]),
        ("kind=nonsense&since=yesterday&verb=%00", ["API-1", "FND-1", "FND-2"]),
    ):
        assert codes(auditor, query) == expected, query
    narrowed = TrailFilter(QueryDict("kind=finding&since=2026-11-19"))
    chips = narrowed.chips
    assert [(chip.label, chip.word) for chip in chips] == [("What", "Finding"), ("From", "2026-11-19")]
    assert narrowed.left_out == ()


def test_what_cannot_be_and_so_narrows_nothing_is_said_above_the_list() -> None:
    """Silently left out, the whole trail passes for the narrowed one."""
    client = signed_in(person(OrganisationRole.AUDITOR))
    page = client.get("/trail/?until=0001-01-01&kind=moon&q=" + "x" * 201).content.decode()
    told = re.findall(r"</svg>(“[^<]*narrows nothing here.)</span>", page)
    assert told == [
        f"“Search” cannot be “{'x' * 59}…”, so it narrows nothing here.",
        "“What” cannot be “moon”, so it narrows nothing here.",
        "“To” cannot be “0001-01-01”, so it narrows nothing here.",
    ]
    assert "narrows nothing here" not in client.get("/trail/?until=2026-11-19&kind=finding&q=x").content.decode()


def test_it_is_walked_by_pages_each_row_once_in_two_queries_each(
    auditor: Principal, django_assert_num_queries: Any
) -> None:
    for number in range(60):
        write("api", f"API-{number}", now=NOW + timedelta(seconds=number // 7))
    seen: list[str] = []
    after = ""
    while True:
        with django_assert_num_queries(2):
            page = trail_page(principal=auditor, narrowed=TrailFilter(QueryDict()), after=after)
        seen += [row.code for row in page.rows]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 60
    assert seen[0] == "API-59"


def test_a_change_is_put_into_words() -> None:
    for verb, old, new, words in (
        ("end", None, None, ""),
        ("set reach", "a", "b", "from a to b"),
        ("set reach", None, "b", "to b"),
        ("created", None, "Orders", "Orders"),
        ("folded", None, "6 new, 0 closed, 1 changed", "6 new, 1 changed"),
        ("folded", None, "0 new, 0 closed", "nothing new"),
        ("grant", None, {"role": "owner", "until": None}, "role owner"),
        ("drop", ["x", "y"], None, "was x, y"),
        ("set rule", False, True, "from False to True"),
        ("closed", None, {"resolution": "true_positive", "by": "a_b"}, "resolution true positive, by a_b"),
    ):
        assert in_words(StateChange(verb=verb, old=old, new=new)) == words
    assert plain([{"a": ["b"]}, ""]) == "a b, "


def test_an_act_follows_the_name_of_who_did_it_and_is_found_by_what_is_read(auditor: Principal) -> None:
    acts = {
        "sign in": "signed in",
        "export trail": "exported trail",
        "false_positive": "marked as false positive",
        "folded": "brought in",
        "set days": "set days",
    }
    for verb in acts:
        write("policy", verb, verb)
    for verb, read in acts.items():
        assert told_act(verb) == read
        assert codes(auditor, f"verb={read}") == codes(auditor, f"verb={verb}") == codes(auditor, f"q={read}") == [verb]


def test_moments_stand_in_the_zone_of_who_reads(auditor: Principal) -> None:
    write("alert", "ALR-1", "snoozed", new={"until": datetime(2026, 11, 23, 7, 54, 33, 440976, tzinfo=UTC)})
    write("alert", "ALR-1", "noted", new="At 2026-11-23T07:54, as they say.")
    with timezone.override("Asia/Tokyo"):
        narrowed = TrailFilter(QueryDict("q=ALR-1"))
        changes = {row.verb: row.change for row in trail_page(principal=auditor, narrowed=narrowed).rows}
    assert changes == {"snoozed": "until 23 Nov 2026, 16:54", "noted": "At 2026-11-23T07:54, as they say."}


def test_a_thing_leads_to_its_page_where_it_has_one(auditor: Principal) -> None:
    for kind, code in (("api", "API-1"), ("job", "no uuid"), ("token", "x"), ("team", "Not a slug"), ("invented", "1")):
        write(kind, code)
    rows = trail_page(principal=auditor, narrowed=TrailFilter(QueryDict())).rows
    assert {row.kind: row.url for row in rows} == {
        "API": "/apis/API-1/", "Job": "", "Token": "", "Team": "", "Invented": "",
    }  # fmt: skip


def test_rows_in_sight_narrow_from_all(auditor: Principal) -> None:
    write("api", "API-1")
    assert trail_in_sight(auditor).count() == 1
