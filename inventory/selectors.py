"""Questions about what exists."""

from django.db.models import Q

from inventory.access.records import Principal
from inventory.addresses import Address, AddressBook
from inventory.errors import ApiAmbiguous, ApiNotFound
from inventory.models import Api, BaseUrl


def find_api(*, principal: Principal, reference: str, environment: str = "") -> Api:
    """Return the one visible API that a code, a slug, or a name (with its environment) means.

    Raises ApiNotFound when there is none in sight and ApiAmbiguous when the name alone is not enough.
    """
    visible = Api.objects.visible_to(principal)
    exact = visible.filter(Q(code__iexact=reference) | Q(slug__iexact=reference)).first()
    if exact is not None:
        return exact
    named = visible.filter(name__iexact=reference)
    if environment:
        named = named.filter(environment=environment)
    found = list(named.order_by("pk")[:2])
    if not found:
        where = f" in {environment}" if environment else ""
        msg = f"There is no API “{reference}”{where} that you may see; check its code on the APIs page."
        raise ApiNotFound(msg)
    if len(found) > 1:
        msg = f"More than one API is called “{reference}”; name it by its code, such as {found[0].code}."
        raise ApiAmbiguous(msg)
    return found[0]


def address_book(principal: Principal, *, only: Api | None = None) -> AddressBook:
    """Return the base URLs of the APIs a principal may see, contested ones left out; `only` narrows to one API."""
    apis = Api.objects.visible_to(principal)
    rows = BaseUrl.objects.filter(contested=False)
    rows = rows.filter(api=only) if only is not None else rows.filter(api__in=apis)
    return AddressBook(
        Address(api_id=api_id, host=host, port=port, base_path=base_path)
        for api_id, host, port, base_path in rows.values_list("api_id", "host", "port", "base_path")
    )
