"""Where alerts belong: the API at their address or of a mapping rule, the endpoint of their path, else nobody's yet."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from findings.choices import Severity
from findings.mapping import Placement
from findings.records import FindingRecord
from incidents.transitions.episodes import Spot
from incidents.transitions.places import Template, Templates, masked_path
from inventory.models import Endpoint

PORTS = (443, 80)
"""What is tried where a document names a host without its port."""


@dataclass(slots=True)
class Placing:
    """Places alerts of one document, or of one holder, anew. `unmapped` is the scope of what has no API."""

    placement: Placement
    unmapped: str
    _templates: dict[int, Templates] = field(default_factory=dict)
    _apis: dict[tuple[str, int | None, str], int | None] = field(default_factory=dict)

    def spot(self, *, method: str, host: str, port: int | None, path: str) -> Spot:
        """Return where something at this address belongs; the path may be masked already."""
        asked = (host, port, path)
        if asked not in self._apis:
            self._apis[asked] = self._api(host, port, path)
        api_id = self._apis[asked]
        if api_id is None:
            return Spot(scope=self.unmapped, method=method, host=host, port=port, path=masked_path(path))
        return self.within(api_id=api_id, method=method, path=self.placement.book.inside(api_id, path) if path else "")

    def within(self, *, api_id: int, method: str, path: str) -> Spot:
        """Return where a path belongs in an API that is known."""
        inside = masked_path(path)
        templates = self._of(api_id)
        endpoint_id = templates.find(method, inside) if inside else None
        return Spot(
            scope=f"api:{api_id}",
            api_id=api_id,
            endpoint_id=endpoint_id,
            method=method,
            path=templates.path_of(endpoint_id) if endpoint_id is not None else inside,
        )

    def _api(self, host: str, port: int | None, path: str) -> int | None:
        if self.placement.named_api is not None:
            return self.placement.named_api
        if not host:
            return self.placement.book.alone_with(path)
        for tried in PORTS if port is None else (port,):
            found = self.placement.book.find(host, tried, path)
            if found is not None:
                return found
        shown = f"[{host}]" if ":" in host else host
        url = f"https://{shown}{'' if port is None else f':{port}'}{path}"
        asked = FindingRecord(source_kind="", rule="", title="", severity=Severity.INFO, url=url)
        return self.placement.rules.find(asked, self.placement.series_name(""))

    def _of(self, api_id: int) -> Templates:
        if api_id not in self._templates:
            self._templates[api_id] = Templates(_templates(api_id))
        return self._templates[api_id]


def _templates(api_id: int) -> Iterable[Template]:
    rows = Endpoint.objects.filter(api=api_id).values_list("pk", "method", "path_key")
    return [Template(pk, method, path_key) for pk, method, path_key in rows]
