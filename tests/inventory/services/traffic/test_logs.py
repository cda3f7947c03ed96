"""Each call counts once, however often and in whatever order its line comes."""

import itertools
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.access.choices import PrincipalKind, TeamRole
from inventory.access.models import StateChange, Team
from inventory.access.records import SYSTEM, Principal
from inventory.jobs.models import Blob
from inventory.models import GatewayDay, Observation, ObservedDay, TrafficLog
from inventory.services.traffic.logs import LogOptions, held_log, start_of
from tests.inventory.connectors.reading import document
from tests.inventory.services.traffic.logs import call, day, endpoints, make_api, specify, take_log

pytestmark = pytest.mark.django_db


def test_the_same_bytes_in_one_series_change_nothing_and_another_series_is_another_gateway() -> None:
    api = make_api()
    take_log(call("GET /a", calls=3), text="one")
    blob = Blob.objects.get()
    assert held_log(blob=blob, options=LogOptions(name="x", format="access_log", series="edge"), principal=SYSTEM)
    assert not held_log(blob=blob, options=LogOptions(name="x", format="access_log"), principal=SYSTEM)
    take_log(call("GET /a", calls=3), text="one")
    assert endpoints(api) == {"GET /a": 3}
    take_log(call("GET /a", calls=3), text="one", series="west")
    assert endpoints(api) == {"GET /a": 6}


def test_a_log_that_grew_counts_once_whichever_state_came_first() -> None:
    for order in itertools.permutations((1, 2, 5)):
        with transaction.atomic():
            api = make_api()
            for calls in order:
                result = take_log(call("GET /a", calls=calls), call("GET /b"), start="first line", size=calls)
                assert result.repeated == (calls < max(order[: order.index(calls) + 1]))
            assert endpoints(api) == {"GET /a": 5, "GET /b": 1}
            assert Observation.objects.count() == 2
            assert GatewayDay.objects.count() == 1
            transaction.set_rollback(True)


def test_a_log_that_starts_anew_under_its_name_is_noticed_and_one_that_grew_is_not() -> None:
    make_api()
    assert take_log(call("GET /a", on=1), start="first line", size=1).anew_since is None
    assert take_log(call("GET /a", on=2), call("GET /a", on=1), start="first line", size=2).anew_since is None
    rotated = take_log(call("GET /a", on=4), start="another first line")
    assert rotated.anew_since is not None
    assert rotated.anew_since.date() == day(2)
    assert take_log(call("GET /a", on=9), start="yet another", series="west").anew_since is None


def test_what_a_second_team_sends_again_speaks_of_the_apis_of_both() -> None:
    first, second = Team.objects.create(slug="a", name="A"), Team.objects.create(slug="b", name="B")
    for team in (first, second, first):
        member = Principal(kind=PrincipalKind.USER, name="M", team_roles=((team.pk, TeamRole.MEMBER),))
        take_log(call("GET /a"), principal=member)
    log = TrafficLog.objects.get()
    assert log.teams == [first.pk, second.pk]
    take_log(call("GET /a"), principal=SYSTEM)
    log.refresh_from_db()
    assert log.teams is None


def test_what_came_of_a_log_is_told_and_written_to_the_trail() -> None:
    api = make_api()
    specify(api, "GET /a")
    result = take_log(call("GET /a"), call("GET /b", calls=2), call("GET /c", host="odd.example"), quiet=[3])
    assert (result.calls, result.learned, result.unmapped, result.untold) == (5, 1, 1, 1)
    assert result.api_ids == (api.pk,)
    assert StateChange.objects.get(kind="log").api_id == api.pk
    assert ObservedDay.objects.get(api=api, day=day(3)).untold == 1


def test_the_start_of_a_log_is_its_first_line_packed_or_not() -> None:
    one = start_of(document("first\nsecond\n")._file, "a.log")
    two = start_of(document("first\n" + "x" * 100_000)._file, "a.log")
    assert one[0] == two[0]
    assert (one[1], two[1]) == (13, 100_006)
    assert start_of(document("other\nsecond\n")._file, "a.log")[0] != one[0]


logs = st.lists(
    st.lists(
        st.builds(
            lambda method, path, on, calls, ok: call(f"{method} {path}", on=on, calls=calls, ok=calls if ok else 0),
            st.sampled_from(["GET", "HEAD", "POST"]), st.sampled_from(["/a", "/a/b", "/a/{}", "/b.css", "/v1/c"]),
            st.integers(0, 2), st.integers(1, 3), st.booleans(),
        ),
        min_size=1, max_size=5, unique_by=lambda record: (record.method, record.path_key, record.day),
    ),
    min_size=1, max_size=4, unique_by=repr,
)  # fmt: skip


def left_by(logs: list[Any], *, specified_first: bool) -> Any:
    """Return all that some logs leave, and take it back."""
    with transaction.atomic():
        api = make_api()
        if specified_first:
            specify(api, "GET /a/{name}", "POST /a")
        for log in logs:
            take_log(*log)
        if not specified_first:
            specify(api, "GET /a/{name}", "POST /a")
        found = (endpoints(api), sorted(ObservedDay.objects.values_list("day", "calls", "untold")))
        transaction.set_rollback(True)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(logs=logs, data=st.data())
def test_order_and_repetition_of_logs_do_not_matter(logs: list[Any], data: st.DataObject) -> None:
    once = left_by(logs, specified_first=True)
    again = [*data.draw(st.permutations(logs)), *data.draw(st.lists(st.sampled_from(logs), max_size=3))]
    assert left_by(again, specified_first=data.draw(st.booleans())) == once
    total = sum(record.calls for log in logs for record in log)
    assert sum(calls for _, calls, _ in once[1]) == total
    told = sum(calls or 0 for calls in once[0].values())
    assert total - told == sum(untold for _, _, untold in once[1])
