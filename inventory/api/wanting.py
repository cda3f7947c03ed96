"""What a request says of a connection, and how it becomes what the service is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from rest_framework import serializers
from typing_extensions import override

from inventory.access.api.bodies import Strict
from inventory.access.api.errors import Refusal
from inventory.access.models import Team
from inventory.choices import Environment
from inventory.connectors.registry import readers
from inventory.errors import ConnectionRefused
from inventory.forms import initial_of
from inventory.models import Connection
from inventory.services.connections import RULES, UPLOAD_OPTIONS, Wanted
from inventory.sources.base import Source, SourceRefused, source_for

LONGEST: Final = 500
LONGEST_LINES: Final = 200_000
LONGEST_SECRET: Final = 8_000
MOST_EGRESS: Final = 100


class Text(serializers.CharField):
    """The value of an option: a text, or a list of texts where the option takes one a line."""

    @override
    def to_internal_value(self, data: Any) -> str:
        """Return the text, lines joined."""
        if isinstance(data, list) and all(isinstance(line, str) and "\n" not in line for line in data):
            data = "\n".join(data)
        return super().to_internal_value(data)


class Changed(Strict):
    """What is changed; options and secrets by name, each as `manage.py reference` lists them for the connector."""

    name = serializers.CharField(required=False, max_length=200)
    rule = serializers.ChoiceField(
        choices=sorted(RULES), required=False, allow_blank=True, help_text="When it runs; empty is by hand only."
    )
    options = serializers.DictField(
        child=Text(allow_blank=True, max_length=LONGEST_LINES), required=False,
        help_text="Those of the connector, and format, api and environment as of an upload.",
    )  # fmt: skip
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_SECRET), required=False, help_text="Sealed, never told again."
    )
    egress = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=MOST_EGRESS,
        help_text="Private networks and further ports it may reach, such as 10.2.0.0/16; the organisation's to say.",
    )  # fmt: skip


class New(Changed):
    """A connection to be: its connector, its name, and for whom (no team is the organisation)."""

    kind = serializers.CharField(max_length=40, help_text="Name of the connector, such as url.")
    name = serializers.CharField(max_length=200)
    team = serializers.CharField(required=False, allow_null=True, max_length=60, help_text="Slug of the team.")


class Nothing(Strict):
    """Nothing needs to be said."""


@contextmanager
def refusing_fields() -> Iterator[None]:
    """Turn a refusal of the service into a 400 that names the field to blame as the body has it."""
    try:
        yield
    except ConnectionRefused as error:
        raise Refusal(
            str(error), code="refused" if not error.field else "invalid", field=_place(error.field)
        ) from error


def _place(field: str) -> str:
    if field.startswith("secret_"):
        return f"secrets.{field.removeprefix('secret_')}"
    return field if field in {"", "name", "rule", "kind", "team", "egress"} else f"options.{field}"


def wanted_from(said: Mapping[str, Any], *, team: Team | None, before: Connection | None = None) -> Wanted:
    """Return what is wanted: what was said, over what the connection has. Raises Refusal, ConnectionRefused."""
    kind = before.kind if before else said["kind"]
    source = _source(kind)
    held = initial_of(before) if before else {}
    names = {option.name for option in source.options} | set(UPLOAD_OPTIONS)
    options = {name: held[name] for name in names if name in held}
    given: Mapping[str, str] = said.get("options", {})
    secrets: Mapping[str, str] = said.get("secrets", {})
    _check(source, given, secrets)
    return Wanted(
        kind=kind,
        name=said.get("name", before.name if before else ""),
        options={**options, **given},
        team=team,
        rule=said.get("rule", before.rule if before else ""),
        egress=tuple(said.get("egress", before.egress if before else ())),
        secrets=secrets,
    )


def _source(kind: str) -> Source:
    try:
        return source_for(kind)
    except SourceRefused as refusal:
        raise ConnectionRefused(str(refusal), "kind") from refusal


def _check(source: Source, options: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Refuse options that the connector does not have or that are too long, and words that no list knows."""
    lines = {option.name for option in source.options if option.lines}
    known = [*(option.name for option in source.options), *UPLOAD_OPTIONS]
    _closed("options", options, known)
    _closed("secrets", secrets, [option.name for option in source.secrets])
    for name, value in options.items():
        if name not in lines and (len(value) > LONGEST or "\n" in value):
            msg = f"options.{name} is one line of at most {LONGEST} characters."
            raise Refusal(msg, code="invalid", field=f"options.{name}")
    _one_of("format", options, [reader.slug for reader in readers()])
    _one_of("environment", options, Environment.values)


def _closed(field: str, given: Mapping[str, str], known: list[str]) -> None:
    if unknown := next((name for name in given if name not in known), None):
        there = f"known are {', '.join(known)}" if known else "there are none for this connector"
        msg = f"There is no “{unknown[:100]}” among the {field}; {there}."
        raise Refusal(msg, code="unknown_field", field=field)


def _one_of(name: str, options: Mapping[str, str], known: list[str]) -> None:
    if options.get(name) and options[name] not in known:
        msg = f"options.{name} is “{options[name][:100]}”; it may be {', '.join(known)}."
        raise Refusal(msg, code="invalid", field=f"options.{name}")
