"""Triage by programs that people use: many at once, all or none."""

import pytest

from incidents.models import Episode, TriageStep
from inventory.access.choices import OrganisationRole
from tests.callers import Caller, token_of
from tests.incidents.views.test_alerts import episode
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def test_many_alerts_are_closed_at_once_or_none_of_them() -> None:
    one, two = episode(make_api()), episode(make_api())
    caller = Caller(user=person(OrganisationRole.ANALYST))
    codes = [one.code, two.code]
    told = caller.post("alerts/triage/", alerts=codes, act="closed", resolution="benign", note="our scanner")
    assert [(row["code"], row["state"], row["resolution"]) for row in told["alerts"]] == [
        (code, "closed", "benign") for code in codes
    ]
    three = episode(make_api())
    caller.post("alerts/triage/", alerts=[three.code, one.code], act="acknowledged")
    assert caller.status == 400
    assert Episode.objects.get(pk=three.pk).state == "new"
    assert TriageStep.objects.count() == 2


def test_what_is_out_of_sight_or_makes_no_sense_changes_nothing() -> None:
    mine, other = team("Payments"), team("Logistics")
    own, foreign = episode(make_api(team=mine)), episode(make_api(team=other))
    caller = Caller(user=person(member_of=mine))
    for codes in ([own.code, foreign.code], [own.code, "ALR-0"]):
        caller.post("alerts/triage/", alerts=codes, act="acknowledged")
        assert caller.status == 404
    for said in ({"act": "closed"}, {"act": "undone"}, {"act": "snoozed"}, {"act": "noted"}, {}):
        caller.post("alerts/triage/", alerts=[own.code], **said)
        assert caller.status == 400, said
    caller.post("alerts/triage/", alerts=[own.code], act="assigned", assignee="nobody@test.example")
    assert caller.status == 404
    assert not TriageStep.objects.exists()


def test_a_token_triages_nothing() -> None:
    one = episode(make_api())
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST), "see", "upload"))
    caller.post("alerts/triage/", alerts=[one.code], act="acknowledged")
    assert caller.status == 403
