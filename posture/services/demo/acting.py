"""What the demo's people do once its estate is there: own, classify, decide, accept and triage, as anybody would."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from findings.models import Decision, Finding
from findings.services.decide import Statement, Target, answer_acceptance, ask_acceptance, decide
from findings.services.mapping import create_rule
from findings.status import DecisionKind, SeverityRank
from incidents.choices import Act, Resolution
from incidents.models import Episode
from incidents.services.triage import triage
from incidents.transitions.triage import Said
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.choices import Criticality, Reach, Sensitivity
from inventory.models import Api
from inventory.services.classify import Person, assign_person, classify_api
from inventory.services.discovery import set_discovery_days

OBSERVED_DAYS: Final = 7
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def principal_called(local_part: str, *, now: datetime) -> Principal:
    """Return one of the demo people as who acts."""
    return principal_of(person_called(local_part), now=now)


def person_called(local_part: str) -> User:
    """Return one of the demo people."""
    return User.objects.get(email=f"{local_part}@demo.example")


FACTS: Final[Mapping[str, tuple[Criticality, Reach, Sensitivity]]] = {
    "payments": (Criticality.MISSION, Reach.PUBLIC, Sensitivity.RESTRICTED),
    "accounts": (Criticality.MISSION, Reach.PUBLIC, Sensitivity.CONFIDENTIAL),
    "orders": (Criticality.HIGH, Reach.PUBLIC, Sensitivity.CONFIDENTIAL),
    "customers": (Criticality.HIGH, Reach.PUBLIC, Sensitivity.RESTRICTED),
    "tracking": (Criticality.HIGH, Reach.PUBLIC, Sensitivity.PUBLIC),
    "rates": (Criticality.MEDIUM, Reach.PARTNER, Sensitivity.INTERNAL),
    "fleet": (Criticality.MEDIUM, Reach.PARTNER, Sensitivity.INTERNAL),
    "notifications": (Criticality.MEDIUM, Reach.PUBLIC, Sensitivity.CONFIDENTIAL),
    "warehouse": (Criticality.HIGH, Reach.INTERNAL, Sensitivity.INTERNAL),
    "invoices": (Criticality.HIGH, Reach.PUBLIC, Sensitivity.CONFIDENTIAL),
    "booking": (Criticality.MEDIUM, Reach.PARTNER, Sensitivity.CONFIDENTIAL),
    "graph": (Criticality.HIGH, Reach.PUBLIC, Sensitivity.PUBLIC),
}
"""What is stated of the APIs that run; of the others every third is left unknown, as in any organisation."""


def state_facts(apis: Iterable[Mapping[str, Any]], *, now: datetime) -> None:
    """State what the organisation knows of its APIs, who answers for them, and what file is whose."""
    manager = principal_called("manager", now=now)
    set_discovery_days(days=OBSERVED_DAYS, principal=manager, now=now)
    by_title = {api.name: api for api in Api.objects.visible_to(manager)}
    for place, told in enumerate(apis):
        api = by_title.get(told["title"])
        if api is None:
            continue
        facts = FACTS.get(told["slug"]) or (
            list(Criticality)[1 + place % 3], list(Reach)[place % 3], list(Sensitivity)[1 + place % 2]
        )  # fmt: skip
        if told["running"] or place % 3:
            changes = dict(zip(("criticality", "reach", "sensitivity"), (fact.value for fact in facts), strict=True))
            classify_api(api=api, changes=changes, principal=manager, now=now)
        if told["running"] or place % 4:
            owner = person_called(f"{told['team'].lower()}.owner")
            assign_person(api=api, role=Person.OWNER, user=owner, principal=manager, now=now)
        if told["running"]:
            pattern = f"apps/{told['slug']}.py"
            create_rule(kind="file", pattern=pattern, api=api, principal=manager, now=now)


def decide_things(*, now: datetime) -> None:
    """Decide about some findings and ask for an acceptance or two, as teams do in a week."""
    analyst = principal_called("analyst", now=now)
    manager = principal_called("manager", now=now)

    def some(count: int, **which: Any) -> list[Finding]:
        found = Finding.objects.visible_to(manager).filter(status="new", api__isnull=False, **which)
        return list(found.order_by("-severity", "code")[:count])

    def say(findings: list[Finding], kind: DecisionKind, reason: str, who: Principal) -> None:
        if findings:
            target = Target(finding_ids=tuple(finding.pk for finding in findings))
            decide(target=target, statement=Statement(kind=kind, reason=reason), principal=who, now=now)

    grave = some(6, severity__gte=SeverityRank.HIGH)
    say(grave[:4], DecisionKind.TRIAGED, "", analyst)
    mild = some(12, severity__lte=SeverityRank.LOW)
    say(
        mild[:3],
        DecisionKind.FALSE_POSITIVE,
        "The header is set by the gateway; the tool asked the app itself.",
        analyst,
    )
    carried = "The service leaves with the old warehouse system next quarter."
    for finding in mild[3:6]:
        asked = Statement(kind=DecisionKind.ASKED, reason=carried, until=now + timedelta(days=45))
        ask_acceptance(target=Target(finding_ids=(finding.pk,)), statement=asked, principal=analyst, now=now)
    for request in Decision.objects.filter(finding__in=mild[3:5], kind=DecisionKind.ASKED):
        answer_acceptance(asked=request, accept=True, reason="Agreed until then.", principal=manager, now=now)


def triage_alerts(*, now: datetime) -> None:
    """Look at the alerts: some are taken, one is put off, some are closed with a reason."""
    responder = principal_called("responder", now=now)
    person = person_called("responder")
    seen = Episode.objects.visible_to(responder).live().order_by("-severity", "-last_at", "code")
    own, rest = seen.filter(source_kind="posture"), seen.exclude(source_kind="posture")
    acts: list[tuple[Episode, Said]] = []
    for episode in own[:3]:
        acts += [(episode, Said(act=Act.ACKNOWLEDGED)), (episode, Said(act=Act.ASSIGNED, assignee_id=person.pk))]
    over = [one for one in rest if one.last_at < now - 2 * DAY]
    late = [one for one in rest if one.last_at >= now - 2 * DAY]
    closed = Said(act=Act.CLOSED, resolution=Resolution.TRUE_POSITIVE, note="A scanner; all of it was refused.")
    acts += [(episode, closed) for episode in over]
    acts += [(episode, Said(act=Act.ACKNOWLEDGED)) for episode in late[:3]]
    acts += [(episode, Said(act=Act.SNOOZED, until=now + 20 * HOUR)) for episode in late[3:5]]
    for episode, said in acts:
        triage(episode=episode, said=said, principal=responder, now=now)
