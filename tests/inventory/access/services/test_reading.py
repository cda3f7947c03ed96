"""The trail as a file: the rows in sight, harmless to spreadsheets, and taking it is a line of it."""

import csv
import io

import pytest
from django.http import QueryDict

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.access.services.reading import export_trail
from inventory.access.services.trail import record_change
from inventory.access.trail import TrailFilter
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def taken(principal: Principal, query: str = "") -> list[dict[str, str]]:
    pieces = export_trail(principal=principal, narrowed=TrailFilter(QueryDict(query)), now=NOW)
    text = "".join(pieces)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_rows_in_sight_are_taken_and_that_is_written_down() -> None:
    payments = team()
    own, foreign = make_api(team=payments), make_api(team=team("Logistics"))
    actor = principal_of(person(OrganisationRole.ANALYST), now=NOW)
    for api in (own, foreign):
        record_change(
            principal=actor, kind="api", code=api.code, verb="set reach", old="unknown", new="=1+1", now=NOW,
            reason="@SUM(A1)", api_id=api.pk,
        )  # fmt: skip
    [row] = taken(principal_of(person(owner_of=payments), now=NOW))
    assert row == {
        "At": NOW.isoformat(), "Who": actor.name, "On behalf of": "", "What": "api", "Which one": own.code,
        "Act": "set reach", "From": "unknown", "To": "'=1+1", "Reason": "'@SUM(A1)", "Source": "",
    }  # fmt: skip
    exported = StateChange.objects.get(kind="export")
    assert (exported.code, exported.new) == ("trail", {"format": "csv", "filter": {}})
    auditor = principal_of(person(OrganisationRole.AUDITOR), now=NOW)
    assert {row["What"] for row in taken(auditor)} == {"api", "export"}
    assert [row["Which one"] for row in taken(auditor, f"kind=api&code={foreign.code}")] == [foreign.code]
