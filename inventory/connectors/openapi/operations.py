"""The endpoints of a specification: each method on each path, with what is declared of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from inventory.connectors.base import as_list, as_map, clip, indexed, one_line, pointer
from inventory.connectors.openapi.members import Members
from inventory.connectors.openapi.notes import LONG, Notes, needed_map, scalar, short
from inventory.connectors.openapi.references import References, Room
from inventory.connectors.openapi.security import SignIn, required
from inventory.paths import path_key
from inventory.records import EndpointRecord, Parameter

VERBS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
MOST = 200
"""How many tags, parameters and media types of one endpoint are kept."""

_END_OF_LIFE = re.compile(r"sunset|remov(?:al|ed)|deprecat(?:ion|ed)[-_ ]?(?:date|at|on)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """The document whose endpoints are read."""

    root: dict[str, Any]
    minor: tuple[int, int]
    references: References
    notes: Notes
    members: Members
    room: Room
    sign_in: dict[int, SignIn] = field(default_factory=dict)
    """What each `security` value says, by its identity: many endpoints may share one."""

    @property
    def verbs(self) -> frozenset[str]:
        """The keys of a path that are methods; 3.2 added one."""
        return VERBS | {"query"} if self.minor >= (3, 2) else VERBS


def paths_of(source: Source) -> dict[str, Any]:
    """Return the path items by path, extensions left out. Raises DocumentError when `paths` is no object."""
    paths = source.root.get("paths")
    if paths is None:
        return {}
    return {path: item for path, item in needed_map(paths, "/paths", "“paths”").items() if not path.startswith("x-")}


def endpoints_of(source: Source) -> Iterator[EndpointRecord]:
    """Yield the endpoints in the order of the document."""
    for path, node in paths_of(source).items():
        # Cut: the places of all its methods begin with it.
        place = clip(pointer("paths", path), LONG)
        if node is None:
            source.notes.add(place, "The path is null and was left out.")
            continue
        if not path.startswith("/"):
            source.notes.add(place, "The path does not start with a slash; it was read as if it did.")
        needed_map(node, place, "A path")
        lost: dict[str, None] = {}
        target = source.references.follow(node, lost)
        item = {**as_map(target), **{key: value for key, value in node.items() if key != "$ref"}}
        operations = list(_operations(source, item, place))
        if lost:
            source.notes.add(place, "The path is described elsewhere and the reference was not followed.")
        if lost and not operations:
            operations = [("*", {}, place)]
        for method, operation, where in operations:
            yield _endpoint(source, path, item, (method, operation, where), dict(lost))


def _operations(source: Source, item: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield method, operation and its place, each method once."""
    seen: set[str] = set()
    entries = [(key, value, f"{place}{pointer(key)}") for key, value in item.items() if key.lower() in source.verbs]
    if source.minor >= (3, 2):
        more = source.notes.wanted_map(item.get("additionalOperations"), f"{place}/additionalOperations")
        entries += [(key, value, f"{place}{pointer('additionalOperations', key)}") for key, value in more.items()]
    for key, node, where in entries:
        method = clip(short(key, 300).upper(), 20)
        if node is None:
            source.notes.add(where, "The operation is null and was not counted.")
            continue
        if method in seen:
            source.notes.add(where, "The method stands twice on this path; only the first was read.")
            continue
        if key.lower() in VERBS and key != key.lower():
            source.notes.add(where, "The method is not in lower case; it was read as if it were.")
        seen.add(method)
        yield method, needed_map(node, where, "An operation"), where


def _endpoint(
    source: Source, path: str, item: dict[str, Any], found: tuple[str, dict[str, Any], str], lost: dict[str, None]
) -> EndpointRecord:
    method, node, place = found
    operation = as_map(source.references.follow(node, lost))
    authentication, schemes = _sign_in(source, operation, place)
    parameters = _parameters(source, item, operation, (place, lost))
    request_types, response_types = _media_types(source, operation, parameters, lost)
    tags = source.notes.wanted_list(operation.get("tags"), f"{place}/tags")[:MOST]
    declared, key = _path(path)
    read = EndpointRecord(
        method=method,
        path=declared,
        path_key=key,
        operation_id=short(operation.get("operationId"), 300),
        summary=one_line(scalar(operation.get("summary")) or scalar(operation.get("description"))),
        tags=tuple(dict.fromkeys(short(tag, 100) for tag in tags if scalar(tag))),
        deprecated=operation.get("deprecated") is True or short(operation.get("deprecated"), 60).lower() == "true",
        sunset=_sunset(operation),
        authentication=authentication,
        schemes=schemes,
        parameters=parameters,
        request_types=request_types,
        response_types=response_types,
        responses=_statuses(operation),
        members=source.members.of(operation),
        unresolved=tuple(short(reference, 300) for reference in lost)[:MOST],
    )
    source.room.take(_parts(read, (item, operation)), place)
    return read


@lru_cache(maxsize=1)  # each method of a path asks for it
def _path(path: str) -> tuple[str, str]:
    declared = scalar(path)
    return clip(declared, 2000), indexed(path_key(declared), 2000)


def _parts(read: EndpointRecord, holders: tuple[dict[str, Any], dict[str, Any]]) -> int:
    """Return how much was looked at and kept for an endpoint; what all have counts as ten."""
    kept = (read.tags, read.schemes, read.request_types, read.response_types, read.members or (), read.unresolved)
    looked = (as_list(holder.get("parameters")) for holder in holders)
    answers = 2 * min(len(as_map(holders[1].get("responses"))), MOST)
    return 10 + sum(map(len, kept)) + sum(min(len(nodes), MOST) for nodes in looked) + answers


def _sign_in(source: Source, operation: dict[str, Any], place: str) -> SignIn:
    """Return what the operation's own `security` says, else that of the document."""
    security, where = operation.get("security"), f"{place}/security"
    if security is None:
        security, where = source.root.get("security"), "/security"
    if id(security) not in source.sign_in:
        source.sign_in[id(security)] = required(security, where, source.notes)
    return source.sign_in[id(security)]


def _parameters(
    source: Source, item: dict[str, Any], operation: dict[str, Any], found: tuple[str, dict[str, None]]
) -> tuple[Parameter, ...]:
    """Return the parameters of the path with those of the operation over them."""
    place, lost = found
    parameters: dict[tuple[str, str], Parameter] = {}
    for holder, where in ((item, place.rpartition("/")[0]), (operation, place)):
        nodes = source.notes.wanted_list(holder.get("parameters"), f"{where}/parameters")[:MOST]
        for number, node in enumerate(nodes):
            parameter = as_map(source.references.follow(node, lost))
            name, at = short(parameter.get("name"), 300), short(parameter.get("in"), 20)
            if name and at:
                kind = _kind(source, parameter, lost)
                parameters[name, at] = Parameter(
                    name=name, where=at, required=parameter.get("required") is True, kind=kind
                )
            elif parameter:
                source.notes.add(f"{where}/parameters/{number}", "The parameter lacks a name or a place.")
    return tuple(parameters.values())[:MOST]


def _kind(source: Source, parameter: dict[str, Any], lost: dict[str, None]) -> str:
    """Return type and format of a parameter: its own in 2.0, those of its schema later, the first type of several."""
    schema = parameter if "type" in parameter else as_map(source.references.follow(parameter.get("schema"), lost))
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "")
    return clip(f"{short(kind, 60)} {short(schema.get('format'), 60)}".strip(), 60)


def _statuses(operation: dict[str, Any]) -> tuple[str, ...]:
    written = islice(as_map(operation.get("responses")), MOST)
    return tuple(short(status, 20) for status in written if not short(status, 20).startswith("x-"))


def _media_types(
    source: Source, operation: dict[str, Any], parameters: tuple[Parameter, ...], lost: dict[str, None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if source.minor < (3, 0):
        body = any(parameter.where in {"body", "formData"} for parameter in parameters)
        taken = _swagger_types(source, operation, "consumes") if body else ()
        return taken, _swagger_types(source, operation, "produces")
    request = as_map(source.references.follow(operation.get("requestBody"), lost))
    responses = islice(as_map(operation.get("responses")).values(), MOST)
    answers = (as_map(source.references.follow(response, lost)) for response in responses)
    given = chain.from_iterable(as_map(answer.get("content")) for answer in answers)
    return _names(as_map(request.get("content"))), _names(given)


def _swagger_types(source: Source, operation: dict[str, Any], key: str) -> tuple[str, ...]:
    values = operation.get(key)
    return _names(values if isinstance(values, list) else source.notes.wanted_list(source.root.get(key), f"/{key}"))


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted({short(value, 100) for value in islice(values, MOST) if scalar(value)}))


def _sunset(operation: dict[str, Any]) -> str:
    """Return the first extension that speaks of an end, also one level inside an extension."""
    for key, value in operation.items():
        if key.startswith("x-"):
            inner = value.items() if isinstance(value, dict) else ((key, value),)
            for name, text in islice(inner, MOST):
                if _END_OF_LIFE.search(name[:LONG]) and scalar(text):
                    return short(text, 100)
    return ""
