"""Notes on findings: by whom, once, kept, on the trail."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction

from findings.errors import FindingsRefused
from findings.models import Note
from findings.services.notes import LONGEST, add_note
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api, make_finding

pytestmark = pytest.mark.django_db


def who(user: User) -> Principal:
    return principal_of(user, now=NOW)


def test_a_note_is_kept_with_who_and_when_and_stands_on_the_trail() -> None:
    ours = team()
    writer, finding = person(member_of=ours), make_finding(make_api(team=ours))
    add_note(finding=finding, text="  Only from the back office.\n", principal=who(writer), now=NOW)
    note = Note.objects.get()
    assert (note.text, note.by, note.at) == ("Only from the back office.", writer, NOW)
    change = StateChange.objects.get(kind="finding", code=finding.code)
    assert (change.verb, change.reason, change.api_id) == ("noted", "Only from the back office.", finding.api_id)


def test_the_same_words_sent_twice_are_one_note_and_later_they_are_another() -> None:
    writer, finding = person(OrganisationRole.ANALYST), make_finding(make_api())
    for seconds in (0, 5, 90):
        add_note(finding=finding, text="Same.", principal=who(writer), now=NOW + timedelta(seconds=seconds))
    add_note(finding=finding, text="Same.", principal=who(person(OrganisationRole.ANALYST)), now=NOW)
    assert Note.objects.count() == 3


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST + 1)])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(FindingsRefused):
        add_note(finding=make_finding(make_api()), text=text, principal=who(person(OrganisationRole.ANALYST)), now=NOW)
    assert not Note.objects.exists()


def test_who_may_not_decide_may_not_comment_and_neither_may_a_program() -> None:
    ours = team()
    finding, unmapped = make_finding(make_api(team=ours)), make_finding(None)
    for user in (person(OrganisationRole.AUDITOR), person(OrganisationRole.RESPONDER), person(member_of=team())):
        with pytest.raises(AccessRefused):
            add_note(finding=finding, text="x", principal=who(user), now=NOW)
    with pytest.raises(AccessRefused):
        add_note(finding=unmapped, text="x", principal=who(person(owner_of=ours)), now=NOW)
    with pytest.raises(FindingsRefused):
        add_note(finding=finding, text="x", principal=Principal(kind=PrincipalKind.SYSTEM, name="x"), now=NOW)


def test_a_note_is_never_rewritten() -> None:
    note = add_note(
        finding=make_finding(make_api()), text="x", principal=who(person(OrganisationRole.ANALYST)), now=NOW
    )
    with pytest.raises(ProgrammingError), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(text="y")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Note.objects.filter(pk=note.pk).delete()


def test_a_note_is_seen_by_who_sees_its_finding() -> None:
    ours = team()
    note = add_note(
        finding=make_finding(make_api(team=ours)), text="x", principal=who(person(OrganisationRole.ANALYST)), now=NOW
    )
    for user, sees in ((person(member_of=ours), True), (person(OrganisationRole.AUDITOR), True),
                       (person(member_of=team()), False)):  # fmt: skip
        assert Note.objects.visible_to(who(user)).filter(pk=note.pk).exists() == sees
