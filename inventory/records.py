"""What readers of the ground floor hand on.

A specification gives one SpecificationRecord, then its EndpointRecords; an access log gives CallRecords. Texts that the
document does not give are empty, never None. They are cleaned (no zero bytes) but not escaped.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

Authentication = Literal["declared", "none", "not declared"]


class Scheme(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A declared way to sign in, such as name `key` of kind `apiKey header X-Key`."""

    name: str
    kind: str = ""


class Parameter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parameter of an endpoint; `where` is query, path, header, cookie, body, formData or querystring.

    `kind` is the declared type and format, such as `integer` or `string uuid`; empty where none is declared.
    """

    name: str
    where: str
    required: bool = False
    kind: str = ""


class SpecificationRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="specification"
):
    """What a specification says of its API as a whole.

    `format` is a name for people ("OpenAPI 3.0"), `spec_version` what the document declares ("3.0.3"). `servers` are
    as written; `base_urls` the same with variables written out, without repetition, relative ones as they are.
    `owner` is `x-owner` where it stands, `contact` the e-mail address or name of `info.contact`. `environment` is
    `x-environment`. `operations` is how many EndpointRecords follow.
    """

    title: str
    version: str
    format: str
    spec_version: str
    servers: tuple[str, ...] = ()
    base_urls: tuple[str, ...] = ()
    security_schemes: tuple[Scheme, ...] = ()
    owner: str = ""
    contact: str = ""
    environment: str = ""
    webhooks: int = 0
    paths: int = 0
    operations: int = 0


class EndpointRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="endpoint"):
    """One method on one path.

    `method` is upper-case; it is `*` for a path that is described in another document, whose methods are not known.
    `path` is as declared, `path_key` by the path rule. `authentication` is "declared" with the names in `schemes`;
    "none" when it is switched off or optional (then `schemes` holds the optional ones); "not declared" when the
    specification is silent. `sunset` is a date or text from an extension or empty. `unresolved` lists references
    that were not followed because they leave the document, or that lead nowhere. `responses` are the declared statuses
    as written, such as `200`, `4XX` and `default`; `members` are the names of what the answers hold, None where no
    schema tells.
    """

    method: str
    path: str
    path_key: str
    operation_id: str = ""
    summary: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    sunset: str = ""
    authentication: Authentication = "not declared"
    schemes: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    request_types: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    members: tuple[str, ...] | None = None
    unresolved: tuple[str, ...] = ()


class OwnerRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="owner"):
    """Who answers for something, as a file says it.

    `api` is the name of an API, with other names it goes by in `aliases`; or `pattern` is what files of a repository
    it is about. `owners` are as written: `@team`, `group:default/payments`, an e-mail address. `stage` is the life
    cycle as written. `place` is the line or JSON pointer.
    """

    owners: tuple[str, ...]
    api: str = ""
    aliases: tuple[str, ...] = ()
    pattern: str = ""
    stage: str = ""
    place: str = ""


class OwnerSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading such a file. `others` counts entries of other kinds ("Component": 3)."""

    entries: int
    others: dict[str, int] = {}
    skipped_count: int = 0
    skipped: tuple["Oddity", ...] = ()


class Oddity(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a document that was tolerated or left out: where (JSON pointer or line) and what about it."""

    place: str
    what: str


class SpecificationSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading a specification. `oddities` holds the first hundred, `oddity_count` counts all."""

    operations: int
    deprecated: int = 0
    unauthenticated: int = 0
    unresolved: int = 0
    oddity_count: int = 0
    oddities: tuple[Oddity, ...] = ()


class CallRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="calls"):
    """What a log says of one method on one path of one host in one day (UTC), as counts.

    `host` is lower-case and empty where the log does not tell it. `path_key` is by the path rule; what looks like a
    credential is `{}` too. The answers are counted by their status: `ok` (2xx), `redirected` (3xx), `refused` (4xx),
    `failed` (5xx); `calls` counts all. `signed` had credentials and `unsigned` had none, where the log tells;
    `open` are those without that were answered with 2xx.
    """

    host: str
    method: str
    path_key: str
    day: date
    calls: int
    ok: int = 0
    redirected: int = 0
    refused: int = 0
    failed: int = 0
    signed: int = 0
    unsigned: int = 0
    open: int = 0


class GatewayDayRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a log has of one host in one day: `calls`, and how many of them were not told apart by path."""

    host: str
    day: date
    calls: int
    untold: int = 0


class TrafficSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading a log.

    `lines` counts all that are not blank, `calls` those that tell of a request. `skipped` holds the first hundred of
    the others, `skipped_count` counts them. `other_hosts` counts calls to hosts past the most that are kept.
    `zoneless` counts times without a zone, taken as UTC. `first_at` and `last_at` are minutes, UTC.
    """

    lines: int
    calls: int
    days: tuple[GatewayDayRecord, ...] = ()
    other_hosts: int = 0
    zoneless: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    skipped_count: int = 0
    skipped: tuple[Oddity, ...] = ()
