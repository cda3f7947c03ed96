"""What a document of alerts says, as its reader hands it on: one AlertRecord for each, and a summary at the end.

Readers leave payloads out: of what matched they tell the place and the length, never the value. Texts that the document
does not give are empty.
"""

from datetime import datetime

import msgspec

from findings.choices import Severity
from findings.records import Skipped
from incidents.choices import Outcome


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert.

    `source_kind` is the tool, lower-case and without version. `uid` is what the tool calls this alert: the same alert
    told twice has the same. `category` is one of `incidents.choices.CATEGORIES`, or empty. `actor` is the address or
    name of the client. `port` is None where the document gives none. `path` is as seen, without its query.
    `where` is the part of the request that matched, `size` how many characters of it did. `events` is how many requests
    it stands for. `numbers` are what explains it.
    """

    source_kind: str
    uid: str
    rule: str
    title: str
    severity: Severity
    happened_at: datetime
    raw_severity: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    category: str = ""
    actor: str = ""
    method: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    status: int | None = None
    where: str = ""
    size: int | None = None
    events: int = 1
    numbers: dict[str, int | float] = {}


class AlertSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading a document of alerts.

    `entries` counts the alerts, `events` what they stand for. `not_alerts` counts entries that are none by their kind
    ("no rule matched": 22). `unknown_severities` counts words that could not be read. `skipped` holds the first hundred
    entries that were left out, `skipped_count` counts all.
    """

    source_kind: str = ""
    entries: int = 0
    events: int = 0
    not_alerts: dict[str, int] = {}
    unknown_severities: dict[str, int] = {}
    skipped_count: int = 0
    skipped: tuple[Skipped, ...] = ()
