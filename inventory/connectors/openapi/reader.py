"""OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0, as JSON or YAML, plain or gzip.

A document is refused whole when what decides the inventory cannot be read: the text itself, the version, `paths`, a
path, an operation or a `security` value of the wrong kind. What only describes is left out when it is of the wrong
kind, and noted with its place: `info`, servers, parameters, tags, media types, schemes.

Tolerated and noted: a path without a slash in front; a method not in lower case; a null path or operation (not
counted: generators write null for what is not there); a `security` object instead of an array; a missing title (the
file's name is taken). `x-` keys are passed over. Local references are followed, through at most 32 steps; a circle ends
there. References that leave the document are never followed: the endpoint is counted and lists them as unresolved, and
a path that is one such reference is one endpoint of method `*`. 3.2 is read as 3.1 with `query` and
`additionalOperations`. Webhooks and callbacks are no endpoints of the API; webhooks are counted. Servers of a path or
an operation are not read.
"""

import re
from collections.abc import Generator
from typing import Any, ClassVar

from inventory.connectors.base import Document, DocumentError, Kind, as_map, clip, one_line
from inventory.connectors.openapi.members import Members
from inventory.connectors.openapi.notes import Notes, needed_map, scalar
from inventory.connectors.openapi.operations import Source, endpoints_of, paths_of
from inventory.connectors.openapi.references import References, Room
from inventory.connectors.openapi.security import declared_schemes
from inventory.connectors.openapi.servers import declared_servers
from inventory.connectors.registry import register
from inventory.connectors.sniffing import json_members, yaml_keys
from inventory.connectors.trees import load_tree
from inventory.jobs.documents import HEAD
from inventory.records import EndpointRecord, SpecificationRecord, SpecificationSummary

ROOT_KEYS = {
    *("basePath", "components", "consumes", "definitions", "externalDocs", "host", "info", "jsonSchemaDialect"),
    *("parameters", "paths", "produces", "responses", "schemes", "security", "securityDefinitions", "servers", "tags"),
    *("webhooks", "$self"),
}
"""What may come before the version where a document's keys are sorted."""

KNOWN = {(2, 0): "Swagger 2.0", (3, 0): "OpenAPI 3.0", (3, 1): "OpenAPI 3.1", (3, 2): "OpenAPI 3.2"}


@register
class OpenApi:
    """Reads one specification: its SpecificationRecord, then its EndpointRecords."""

    slug: ClassVar[str] = "openapi"
    label: ClassVar[str] = "OpenAPI 3.0 to 3.2 or Swagger 2.0 (JSON, YAML)"
    kind: ClassVar[Kind] = "specification"
    records: ClassVar[Any] = SpecificationRecord | EndpointRecord
    summary: ClassVar[Any] = SpecificationSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells enough
        """Look for the version at the top; where the head ends before it, for nothing but keys it may follow."""
        json_like = head.lstrip().startswith(b"{")
        keys = [key for key, _ in json_members(head)] if json_like else list(yaml_keys(head))
        if "asyncapi" in keys:
            return False
        if {"openapi", "swagger"}.intersection(keys) or re.match(rb"\s*\{\s*(openapi|swagger)\s*:", head):
            return True
        named = [key for key in keys if not key.startswith("x-")]
        return len(head) >= HEAD and bool(named) and ROOT_KEYS.issuperset(named)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[SpecificationRecord | EndpointRecord, None, SpecificationSummary]:
        """Yield the specification, then its endpoints."""
        root = needed_map(load_tree(document), "", "The document")
        written, minor = _version(root)
        notes = Notes()
        references = References(root)
        source = Source(root, minor, references, notes, Members(references), Room(document.length))
        endpoints = list(endpoints_of(source))
        info = notes.wanted_map(root.get("info"), "/info")
        title = one_line(scalar(info.get("title")))
        if not title:
            notes.add("/info/title", "There is no title; the name of the file was taken.")
        servers, base_urls = declared_servers(root, notes)
        document.total = 1 + len(endpoints)
        yield SpecificationRecord(
            title=title or one_line(_stem(document.name)),
            version=clip(scalar(info.get("version")), 100),
            format=KNOWN[minor],
            spec_version=written,
            servers=servers,
            base_urls=base_urls,
            security_schemes=declared_schemes(root, references, notes),
            owner=_owner(root, info),
            contact=_contact(info),
            environment=one_line(scalar(root.get("x-environment")) or scalar(info.get("x-environment")), 100),
            webhooks=_webhooks(root, minor, notes),
            paths=len(paths_of(source)),
            operations=len(endpoints),
        )
        yield from endpoints
        return SpecificationSummary(
            operations=len(endpoints),
            deprecated=sum(endpoint.deprecated for endpoint in endpoints),
            unauthenticated=sum(endpoint.authentication != "declared" for endpoint in endpoints),
            unresolved=sum(bool(endpoint.unresolved) for endpoint in endpoints),
            oddity_count=notes.count,
            oddities=tuple(notes.kept),
        )


def _version(root: dict[str, Any]) -> tuple[str, tuple[int, int]]:
    """Return the declared version and its major and minor. Raises DocumentError for one that is not known."""
    key = "openapi" if "openapi" in root else "swagger"
    if key not in root:
        reason = "There is no key “openapi” or “swagger”, so this is no OpenAPI document."
        raise DocumentError(reason=reason)
    written = clip(scalar(root[key]).strip(), 20)
    found = re.match(r"(\d{1,3})(?:\.(\d{1,3}))?(?![\d])", written)
    minor = (int(found[1]), int(found[2] or 0)) if found else None
    if minor not in KNOWN or (key == "swagger") is not (minor == (2, 0)):
        reason = f"Version “{written}” of {key} is not read. Known are {', '.join(KNOWN.values())}."
        raise DocumentError(place=f"/{key}", reason=reason)
    return written, minor


def _stem(name: str) -> str:
    return re.sub(r"(?i)(\.(json|ya?ml|gz))+$", "", name) or "Untitled API"


def _owner(root: dict[str, Any], info: dict[str, Any]) -> str:
    for holder in (root, info):
        owner = holder.get("x-owner")
        inner = as_map(owner)
        named = scalar(owner) or scalar(inner.get("team")) or scalar(inner.get("name")) or scalar(inner.get("email"))
        if named.strip():
            return one_line(named)
    return ""


def _contact(info: dict[str, Any]) -> str:
    contact = as_map(info.get("contact"))
    return one_line(scalar(contact.get("email")) or scalar(contact.get("name")))


def _webhooks(root: dict[str, Any], minor: tuple[int, int], notes: Notes) -> int:
    if minor < (3, 1):
        return 0
    webhooks = notes.wanted_map(root.get("webhooks"), "/webhooks")
    return sum(not name.startswith("x-") for name in webhooks)
