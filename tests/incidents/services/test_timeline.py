"""The timeline: written once, corrected by another line, taken out harmless."""

import csv
import io

import pytest

from incidents.choices import EntryKind
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry
from incidents.services.timeline import add_entry, export_timeline
from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from tests.incidents.rooms import MINUTE, NOW, responder, room
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db
SEEN = EntryKind.OBSERVATION


def test_the_same_words_sent_twice_are_one_entry_and_later_again_another() -> None:
    by = responder()
    one = room(by)
    first = add_entry(incident=one, kind=SEEN, text=" Calls fell ", principal=by, now=NOW)
    assert add_entry(incident=one, kind=SEEN, text="Calls fell", principal=by, now=NOW) == first
    assert add_entry(incident=one, kind=SEEN, text="Calls fell", principal=by, now=NOW + 2 * MINUTE) != first


def test_a_correction_is_a_new_line_that_points_at_the_old_once() -> None:
    by, other = responder(), responder()
    one = room(by)
    old = add_entry(incident=one, kind=SEEN, text="12 calls", happened_at=NOW - MINUTE, principal=by, now=NOW)
    new = add_entry(incident=one, kind=SEEN, text="21 calls", corrects=old, principal=by, now=NOW)
    assert (new.supersedes, new.happened_at) == (old, old.happened_at)
    assert Entry.objects.get(pk=old.pk).text == "12 calls"
    with pytest.raises(IncidentChanged):
        add_entry(incident=one, kind=SEEN, text="22 calls", corrects=old, principal=other, now=NOW)
    assert StateChange.objects.get(kind="incident", verb="corrected").old == "12 calls"


def test_what_makes_no_sense_is_refused() -> None:
    by = responder()
    one = room(by)
    written = Entry.objects.get(incident=one, kind="state")
    for more in ({"text": " "}, {"happened_at": NOW + 5 * MINUTE}, {"kind": EntryKind.STATE}, {"corrects": written},
                 {"text": "x" * 10_001}):  # fmt: skip
        with pytest.raises(IncidentRefused):
            add_entry(**{"incident": one, "kind": SEEN, "text": "x", "principal": by, "now": NOW, **more})  # type: ignore[arg-type]  # by name


def test_the_export_has_every_line_the_oldest_first_and_no_formula() -> None:
    crew = team("Payments")
    by = responder()
    one = room(by, make_api(team=crew))
    old = add_entry(incident=one, kind=SEEN, text="=HYPERLINK(1)", happened_at=NOW - MINUTE, principal=by, now=NOW)
    add_entry(incident=one, kind=SEEN, text="right", corrects=old, principal=by, now=NOW)
    auditor = principal_of(person(OrganisationRole.AUDITOR), now=NOW)
    text = "".join(export_timeline(incident=one, principal=auditor, now=NOW, for_spreadsheets=False))
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert [row[5] for row in rows] == ["'=HYPERLINK(1)", "right", "Declared the incident, SEV2"]
    assert rows[0][head.index("Corrected by")] == rows[1][0]
    assert rows[1][head.index("Corrects")] == rows[0][0]
    assert StateChange.objects.filter(kind="incident", verb="exported", actor=auditor.reference).exists()
    owner = principal_of(person(owner_of=crew), now=NOW)
    assert list(export_timeline(incident=one, principal=owner, now=NOW, for_spreadsheets=False))
    for stranger in (person(owner_of=team("Logistics")), person(OrganisationRole.ADMINISTRATOR)):
        with pytest.raises(AccessRefused):
            export_timeline(incident=one, principal=principal_of(stranger, now=NOW), now=NOW, for_spreadsheets=False)
