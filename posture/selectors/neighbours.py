"""The findings before and after one, in the list somebody came from."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.db.models import CharField, IntegerField, QuerySet, Value
from django.http import QueryDict
from django.urls import Resolver404, resolve

from findings.models import Finding
from inventory.access.pages import beside
from inventory.access.records import Principal
from posture.filters import FindingFilter, FindingsFilter
from posture.selectors.api_findings import ORDER

LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Codes of the findings before and after; `listed` is the address of the list, to carry along."""

    listed: str = ""
    before: str = ""
    after: str = ""


def neighbours(*, principal: Principal, finding: Finding, listed: str) -> Neighbours:
    """Return what stands beside a visible finding in the list at an address of ours; one query.

    An address that is no list of findings has no neighbours.
    """
    rows = _list_at(principal, listed)
    if rows is None:
        return Neighbours()
    first, *others = (
        way.annotate(
            side=Value(side, output_field=CharField()), place=Value(place, output_field=IntegerField())
        ).values_list("side", "place", "code")
        for side, before in (("before", True), ("after", False))
        for place, way in enumerate(beside(rows, finding, order=ORDER, before=before))
    )
    found = sorted(first.union(*others, all=True), reverse=True)
    return Neighbours(listed=listed, **{side: code for side, _, code in found})


def _list_at(principal: Principal, listed: str) -> QuerySet[Finding] | None:
    if not listed.startswith("/") or listed.startswith("//") or len(listed) > LONGEST or "\0" in unquote(listed):
        return None
    try:
        parts = urlsplit(listed)
        match = resolve(parts.path)
    except (ValueError, Resolver404):
        return None
    asked, found = QueryDict(parts.query), Finding.objects.visible_to(principal)
    if match.view_name == "posture:api-findings":
        return FindingFilter(asked).apply(found.filter(api__code=match.kwargs["code"]))
    if match.view_name != "posture:findings":
        return None
    # What narrows the list is only asked for; whether the person may see it, the rows say.
    sources, teams = asked.getlist("source")[-1:], asked.getlist("team")[-1:]
    return FindingsFilter(asked, sources=sources, teams=[(team, team) for team in teams]).apply(found)
