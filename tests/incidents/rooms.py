"""Incidents that tests make by the product's own services, and who acts in them."""

from datetime import UTC, datetime, timedelta

from incidents.choices import Level
from incidents.models import Incident
from incidents.services.incidents import Declared, declare
from inventory.access.choices import OrganisationRole
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.models import Api
from tests.inventory.access.people import person

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE = timedelta(minutes=1)


def responder() -> Principal:
    """Return somebody who acts on incidents."""
    return principal_of(person(OrganisationRole.RESPONDER), now=NOW)


def room(by: Principal, *apis: Api, level: Level = Level.SEV2, restricted: bool = False) -> Incident:
    """Declare an incident."""
    said = Declared(title="Orders read", level=level, apis=apis, restricted=restricted)
    return declare(said=said, principal=by, now=NOW)


def again(incident: Incident) -> Incident:
    """Return an incident as it stands now."""
    return Incident.objects.get(pk=incident.pk)
