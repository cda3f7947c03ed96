"""Which APIs are meant, and where they answer."""

from django.db.models import Exists, OuterRef, Q

from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.addresses import Address, AddressBook
from inventory.errors import ApiAmbiguous, ApiNotFound
from inventory.models import (
    Api,
    ApiQuerySet,
    ApiTeam,
    BaseUrl,
)


def apis_for(principal: Principal, verb: Verb) -> ApiQuerySet:
    """Return the visible APIs the principal may do this to; sight alone may reach further."""
    visible = Api.objects.visible_to(principal)
    if may(principal, verb, team_id=None):
        return visible
    teams = [team_id for team_id in principal.team_ids if may(principal, verb, team_id=team_id)]
    return visible.filter(Exists(ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team_id__in=teams)))


def find_api(*, principal: Principal, reference: str, environment: str = "", verb: Verb = Verb.SEE) -> Api:
    """Return the one API that a code, a slug, or a name (with its environment) means, among those `verb` is for.

    Raises ApiNotFound when there is none and ApiAmbiguous when the name alone is not enough.
    """
    visible = apis_for(principal, verb)
    exact = visible.filter(Q(code__iexact=reference) | Q(slug__iexact=reference)).first()
    if exact is not None:
        return exact
    named = visible.filter(name__iexact=reference)
    if environment:
        named = named.filter(environment=environment)
    found = list(named.order_by("pk")[:2])
    if not found:
        where = f" in {environment}" if environment else ""
        msg = f"There is no API “{reference}”{where} open to you for this; check its code on the APIs page."
        raise ApiNotFound(msg)
    if len(found) > 1:
        msg = f"More than one API is called “{reference}”; name it by its code, such as {found[0].code}."
        raise ApiAmbiguous(msg)
    return found[0]


def address_book(apis: ApiQuerySet) -> AddressBook:
    """Return the base URLs of some APIs, contested ones left out."""
    rows = BaseUrl.objects.filter(contested=False, api__in=apis)
    return AddressBook(
        Address(api_id=api_id, host=host, port=port, base_path=base_path)
        for api_id, host, port, base_path in rows.values_list("api_id", "host", "port", "base_path")
    )
