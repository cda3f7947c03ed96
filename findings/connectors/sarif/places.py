"""Where a result is: an endpoint, or a place in code."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from findings.connectors.sarif.runs import Run
from findings.identity import code_location
from inventory.connectors.base import as_list, as_map, as_text, as_whole, clip, one_line
from inventory.paths import split_base

PARAMETER_KEYS = ("parameter", "param", "parameterName", "paramName")

MOST_HEADERS = 200

PLACEHOLDERS = {"requires login"}
"""What a tool writes in place of a fingerprint that it withholds: the same for every result."""

_METHODS = "GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE|CONNECT"
_OPERATION = re.compile(rf"({_METHODS})(?:\s|%20)+(/\S*|https?://\S+)", re.IGNORECASE)
_QUOTED_OPERATION = re.compile(rf"(['\"`‘“])({_METHODS})\s+(/[^\s'\"`’”]*)['\"`’”]")
_WEB = re.compile(r"https?://", re.IGNORECASE)


@dataclass(slots=True)
class Place:
    """Where a result is, as FindingRecord has it."""

    method: str = ""
    url: str = ""
    path: str = ""
    parameter: str = ""
    location: str = ""
    file: str = ""
    line: int | None = None


def place_of(result: dict[str, Any], run: Run, message: str) -> Place:
    """Return the place of a result: its web request, else its first location, else the operation its message quotes.

    A place on the web has a URL or path and no code location: what a scanner quotes there differs from scan to scan.
    """
    locations = as_list(result.get("locations"))
    first = as_map(locations[0]) if locations else {}
    physical = as_map(first.get("physicalLocation"))
    uri = _uri(as_map(physical.get("artifactLocation")), run)
    logical = [as_map(node) for node in as_list(first.get("logicalLocations"))]
    place = Place(parameter=_parameter(result, first, logical))
    if request := _request(result, run):
        _from_request(place, request, uri)
    elif _WEB.match(uri):
        _set_url(place, uri)
    elif operation := _operation(uri, logical):
        place.method = operation[1].upper()
        _set_url(place, operation[2])
    if not place.path:
        _from_code(place, result, run, (physical, uri, logical))
        if " /" in message and (quoted := _QUOTED_OPERATION.search(message[:2000])):
            place.method, place.path = quoted[2].upper(), clip(quoted[3], 2000)
    return place


def _uri(artifact: dict[str, Any], run: Run) -> str:
    uri, base = as_text(artifact.get("uri")), artifact.get("uriBaseId")
    if not uri and (index := as_whole(artifact.get("index"), least=0, most=len(run.artifacts) - 1)) is not None:
        listed = as_map(as_map(run.artifacts[index]).get("location"))
        uri, base = as_text(listed.get("uri")), listed.get("uriBaseId")
    if run.sites and isinstance(base, str) and base in run.sites and not _scheme(uri):
        return f"{run.sites[base].rstrip('/')}/{uri.lstrip('/')}"
    return uri


def _scheme(uri: str) -> str:
    head, colon, _ = uri.partition(":")
    return head.lower() if colon and head.replace("+", "").isalnum() and len(head) > 1 else ""


def _request(result: dict[str, Any], run: Run) -> dict[str, Any]:
    request = as_map(result.get("webRequest"))
    if not request:
        return request
    index = as_whole(request.get("index"), least=0, most=len(run.requests) - 1)
    return {**as_map(run.requests[index]), **request} if index is not None else request


def _from_request(place: Place, request: dict[str, Any], uri: str) -> None:
    target = as_text(request.get("target")).strip()
    method = as_text(request.get("method")).strip().upper()
    place.method = method if method.isascii() and method.isalpha() else ""
    headers = islice(as_map(request.get("headers")).items(), MOST_HEADERS)
    host = next((as_text(value).strip() for name, value in headers if name.lower() == "host"), "")
    if _WEB.match(target):
        _set_url(place, target)
    elif target.startswith("/") and host:
        secure = as_text(request.get("protocol")).lower() == "https" or uri.lower().startswith("https:")
        _set_url(place, f"http{'s' * secure}://{host}{target}")
    if not place.path and _WEB.match(uri):
        _set_url(place, uri)
    if not place.path and target.startswith("/"):
        _set_url(place, target)
    parameters = as_map(request.get("parameters"))
    if not place.parameter and len(parameters) == 1:
        place.parameter = _name(as_text(next(iter(parameters))))


def _set_url(place: Place, target: str) -> None:
    """Take a URL, without credentials, or a path; what cannot be read as a URL is left out."""
    if target.startswith("/"):
        place.path = clip(re.split(r"[?#]", target, maxsplit=1)[0], 2000)
    elif split_base(target).host:
        scheme, _, rest = target.partition("://")
        authority, slash, path = rest.partition("/")
        place.url = clip(f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}", 2000)
        place.path = clip(urlsplit(target).path or "/", 2000)


def _operation(uri: str, logical: list[dict[str, Any]]) -> re.Match[str] | None:
    names = [as_text(node.get(key)) for node in logical for key in ("fullyQualifiedName", "name")]
    for name in (uri, *names):
        if found := _OPERATION.fullmatch(name.strip()):
            return found
    return None


def _from_code(
    place: Place, result: dict[str, Any], run: Run, found: tuple[dict[str, Any], str, list[dict[str, Any]]]
) -> None:
    physical, uri, logical = found
    region = as_map(physical.get("region"))
    uri = uri or _uri(as_map(result.get("analysisTarget")), run)
    named = [as_text(node.get("fullyQualifiedName")) or as_text(node.get("name")) for node in logical]
    file = _below(uri, run.roots) or next(filter(None, named), "")
    marks = _marks(result.get("partialFingerprints")) or _marks(result.get("fingerprints"))
    place.file = clip(uri, 1000)
    place.line = as_whole(region.get("startLine"), least=1, most=(1 << 31) - 1)
    place.location = code_location(clip(file, 900), marks, as_text(as_map(region.get("snippet")).get("text")))


def _below(uri: str, roots: tuple[str, ...]) -> str:
    """Return a file URI below one of the folders that the run itself declares, others as they are."""
    for root in roots:
        if uri.startswith(root) and uri != root:
            return uri[len(root) :]
    return uri


def _marks(value: Any) -> dict[str, str]:
    marks = {}
    for name, mark in as_map(value).items():
        # Some tools wrap each fingerprint in an object of its own.
        text = " ".join(map(as_text, mark.values())) if isinstance(mark, dict) else as_text(mark)
        if text and text.lower() not in PLACEHOLDERS:
            marks[as_text(name)] = text
    return marks


def _parameter(result: dict[str, Any], location: dict[str, Any], logical: list[dict[str, Any]]) -> str:
    for holder in (as_map(result.get("properties")), as_map(location.get("properties"))):
        if not holder.keys().isdisjoint(PARAMETER_KEYS):
            for key in PARAMETER_KEYS:
                if name := as_text(holder.get(key)):
                    return _name(name)
    for node in logical:
        if node.get("kind") == "parameter" and (name := as_text(node.get("name"))):
            return _name(name)
    return ""


def _name(text: str) -> str:
    return clip(one_line(text, 1000), 300)
