"""What the demo's people do about the gravest thing its alerts tell of: an incident, declared as anybody would now.

Everything is said at the moment it is done. What happened before is what the alert itself tells.
"""

from datetime import datetime
from typing import Final

from incidents.choices import Act, Level, Outcome, Seat, State, StepAct
from incidents.models import Episode, Incident
from incidents.playbooks.shelf import playbook_for, shelf
from incidents.services.clocks import switch_on
from incidents.services.evidence import freeze
from incidents.services.incidents import Declared, declare
from incidents.services.people import seat
from incidents.services.playing import follow, mark
from incidents.services.triage import triage
from incidents.transitions.triage import Said
from inventory.access.records import Principal
from posture.services.demo.acting import person_called, principal_called

CATEGORY: Final = "API1"
THROUGH: Final = (Outcome.ALLOWED.value, Outcome.SUCCEEDED.value)
CLOCK: Final = "gdpr-33"
STEPS: Final = (
    ("1.1", "No test and no deploy was announced; the requests were answered with 200."),
    ("1.2", "Kept at the playbook's severity until we know whose objects these are."),
    ("1.3", "The analyst writes, the owner of the API is in the room."),
    ("1.4", "Aware from the moment this was declared."),
)
"""The steps of the playbook that are done, each with what shows it."""


def open_incident(*, now: datetime) -> Incident | None:
    """Declare an incident of the newest alert that objects were walked through; return it, None without such an alert.

    Its playbook is followed for the first steps, what is known is frozen and the clock for the authority runs.
    """
    responder = principal_called("responder", now=now)
    told = (
        Episode.objects.visible_to(responder).live().filter(category=CATEGORY, outcome__in=THROUGH, api__isnull=False)
    )
    alert = told.exclude(state=State.CLOSED.value).select_related("api__owner").order_by("-last_at", "code").first()
    if alert is None or alert.api is None:
        return None
    if alert.state == State.NEW.value:
        triage(episode=alert, said=Said(act=Act.ACKNOWLEDGED), principal=responder, now=now)
    slug = playbook_for(CATEGORY)
    said = Declared(
        title=f"{alert.title} on {alert.api.name}", level=Level(shelf()[slug].level), alerts=(alert,),
        summary="Somebody read one object after the other and was let through. Whose they are is not known yet.",
    )  # fmt: skip
    incident = declare(said=said, principal=responder, now=now)
    seats = {Seat.SCRIBE: person_called("analyst"), Seat.API_OWNER: alert.api.owner}
    for place, who in seats.items():
        if who is not None:
            seat(incident=incident, who=who, seat=place, seen=None, principal=responder, now=now)
    follow(incident=incident, slug=slug, seen=None, principal=responder, now=now)
    _begin(incident, responder, now)
    return incident


def _begin(incident: Incident, responder: Principal, now: datetime) -> None:
    """Take the first steps."""
    for step, note in STEPS:
        mark(incident=incident, step=step, act=StepAct.DONE, note=note, seen=None, principal=responder, now=now)
    freeze(incident=incident, principal=responder, now=now)
    switch_on(incident=incident, rule=CLOCK, aware_at=now, principal=responder, now=now)
