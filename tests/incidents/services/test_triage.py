"""What people do with alerts: written once, shown, taken back, and followed by the score."""

from datetime import timedelta

import pytest

from incidents.choices import Act, Resolution
from incidents.errors import AlertsRefused
from incidents.models import Episode, ThreatState, TriageStep
from incidents.services.triage import end_snoozes, take_up, triage, undo
from incidents.transitions.triage import Said
from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.people import add_member
from inventory.models import Api, ApiTeam
from posture.models import ApiScore, CurrentScore
from tests.findings.reports import analyst, settle
from tests.incidents.attacks import NOW, alert, bring, describe, document
from tests.inventory.access.people import person, team

FALSE_ALARM = Said(act=Act.CLOSED, resolution=Resolution.FALSE_ALARM, note="The rule misread it")


@pytest.fixture
def principal(fresh_database: str) -> Principal:
    return analyst()


@pytest.fixture
def episode(principal: Principal) -> Episode:
    describe(principal)
    bring(document(alert(1, severity="critical")), principal)
    return Episode.objects.get()


def test_each_step_is_kept_shown_and_in_the_trail(principal: Principal, episode: Episode) -> None:
    triage(episode=episode, said=Said(act=Act.ACKNOWLEDGED), principal=principal, now=NOW)
    triage(episode=episode, said=Said(act=Act.ASSIGNED, assignee_id=principal.user_id), principal=principal, now=NOW)
    triage(episode=episode, said=FALSE_ALARM, principal=principal, now=NOW)
    episode.refresh_from_db()
    assert (episode.state, episode.resolution, episode.assignee_id) == ("closed", "false_alarm", principal.user_id)
    assert episode.acknowledged_at == NOW
    told = StateChange.objects.filter(kind="alert", code=episode.code).order_by("id")
    assert [row.verb for row in told] == ["acknowledged", "assigned", "closed"]
    assert told[2].reason == "The rule misread it"
    assert told[2].api_id == episode.api_id


def test_the_score_follows_an_alert_and_the_word_that_it_was_none(principal: Principal, episode: Episode) -> None:
    api = Api.objects.get()
    attacked = CurrentScore.objects.get(api=api).score
    assert "alert: 1 new from json" in ApiScore.objects.filter(api=api).latest("id").cause
    step = triage(episode=episode, said=FALSE_ALARM, principal=principal, now=NOW)
    settle(now=NOW)
    assert not ThreatState.objects.exists()
    calm = CurrentScore.objects.get(api=api).score
    assert calm < attacked
    assert "people said what it was" in ApiScore.objects.filter(api=api).latest("id").cause
    undo(episode=episode, step=step, principal=principal, now=NOW)
    settle(now=NOW)
    assert CurrentScore.objects.get(api=api).score == attacked
    confirmed = Said(act=Act.CLOSED, resolution=Resolution.TRUE_POSITIVE)
    triage(episode=episode, said=confirmed, principal=principal, now=NOW)
    settle(now=NOW)
    assert CurrentScore.objects.get(api=api).score > calm


def test_an_alert_after_its_episode_was_called_harmless_weighs_nothing(principal: Principal, episode: Episode) -> None:
    triage(episode=episode, said=FALSE_ALARM, principal=principal, now=NOW)
    settle(now=NOW)
    bring(document(alert(2)), principal)
    assert Episode.objects.get().alerts == 2
    assert not ThreatState.objects.exists()


def test_a_step_is_taken_back_once(principal: Principal, episode: Episode) -> None:
    step = triage(episode=episode, said=Said(act=Act.ACKNOWLEDGED), principal=principal, now=NOW)
    back = undo(episode=episode, step=step, principal=principal, now=NOW)
    episode.refresh_from_db()
    assert (episode.state, episode.acknowledged_at) == ("new", None)
    for again in (step, back):
        with pytest.raises(AlertsRefused):
            undo(episode=episode, step=again, principal=principal, now=NOW)


def test_a_snooze_ends(principal: Principal, episode: Episode) -> None:
    until = NOW + timedelta(hours=1)
    triage(episode=episode, said=Said(act=Act.SNOOZED, until=until), principal=principal, now=NOW)
    assert end_snoozes(now=until - timedelta(seconds=1)) == 0
    assert end_snoozes(now=until) == 1
    episode.refresh_from_db()
    assert (episode.state, episode.state_until) == ("new", None)


def test_what_makes_no_sense_leaves_nothing(principal: Principal, episode: Episode) -> None:
    for said in (Said(act=Act.CLOSED), Said(act=Act.REOPENED), Said(act=Act.NOTED, note=" ")):
        with pytest.raises(AlertsRefused):
            triage(episode=episode, said=said, principal=principal, now=NOW)
    assert not TriageStep.objects.exists()


def test_who_may_triage(principal: Principal, episode: Episode) -> None:
    held, other = team("Payments"), team("Logistics")
    ApiTeam.objects.create(api=Api.objects.get(), team=held, since=NOW)
    own, foreign = person(), person()
    add_member(user=own, team=held, role=TeamRole.MEMBER, principal=SYSTEM, now=NOW)
    add_member(user=foreign, team=other, role=TeamRole.OWNER, principal=SYSTEM, now=NOW)
    roles = (OrganisationRole.SECURITY_MANAGER, OrganisationRole.ANALYST, OrganisationRole.RESPONDER)
    for user in (own, *map(person, roles)):
        triage(episode=episode, said=Said(act=Act.NOTED, note="x"), principal=principal_of(user, now=NOW), now=NOW)
    for user in (foreign, person(), person(OrganisationRole.ADMINISTRATOR), person(OrganisationRole.AUDITOR)):
        with pytest.raises(AccessRefused):
            triage(episode=episode, said=Said(act=Act.NOTED, note="x"), principal=principal_of(user, now=NOW), now=NOW)
    token = Principal(kind=PrincipalKind.TOKEN, name="t", user_id=own.pk, token_id=1, scopes=frozenset({"see"}))
    with pytest.raises(AccessRefused):
        triage(episode=episode, said=Said(act=Act.NOTED, note="x"), principal=token, now=NOW)
    visible = [Episode.objects.visible_to(principal_of(user, now=NOW)).count() for user in (own, foreign)]
    assert visible == [1, 0]


def test_what_an_incident_is_about_is_acknowledged_and_what_is_closed_stays_so(
    principal: Principal, episode: Episode
) -> None:
    (step,) = take_up(episodes=[episode], note="It is part of INC-1.", principal=principal, now=NOW)
    assert take_up(episodes=[episode], note="Again", principal=principal, now=NOW) == []
    episode.refresh_from_db()
    assert (episode.state, episode.acknowledged_at) == ("acknowledged", NOW)
    told = StateChange.objects.get(kind="alert", code=episode.code)
    assert (told.verb, told.reason) == ("acknowledged", "It is part of INC-1.")
    undo(episode=episode, step=step, principal=principal, now=NOW)
    triage(episode=episode, said=FALSE_ALARM, principal=principal, now=NOW)
    assert take_up(episodes=[episode], note="", principal=principal, now=NOW) == []
    episode.refresh_from_db()
    assert episode.state == "closed"


def test_a_snooze_ends_when_an_incident_is_about_it(principal: Principal, episode: Episode) -> None:
    hour = timedelta(hours=1)
    triage(episode=episode, said=Said(act=Act.SNOOZED, until=NOW + hour), principal=principal, now=NOW)
    take_up(episodes=[episode], note="", principal=principal, now=NOW)
    episode.refresh_from_db()
    assert (episode.state, episode.state_until) == ("acknowledged", None)
