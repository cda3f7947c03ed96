"""ModSecurity 3, web application firewall: its audit log in JSON, one transaction a line (`SecAuditLogFormat JSON`).

A line that is no transaction, is not valid JSON or is longer than 1 MB is skipped, counted and named; a document
without one that can be read is refused.

- An alert is one rule that matched in one transaction. The rules that only add up the others (949110, 959100, 980130
  and their kin of the OWASP rules) are told apart and are alerts only where they stand alone. A transaction in which no
  rule matched is none.
- Severity: the digit of the rule, syslog's 0 (emergency) to 7 (debug).
- Outcome: blocked where the engine was on and the answer a refusal (403, 406), else allowed.
- Category: by the `attack-…` tag of the rule, else by the family of its number; what tells of a scanner only has none.
- Time: the log writes local time without a zone. Where the answer had a `Date`, the zone is told from it; else UTC.
"""

import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final

from findings.choices import Severity
from findings.connectors.tally import method_of, name_of
from incidents.choices import Outcome
from incidents.connectors.counting import Counts, host_of, objects_of
from incidents.records import AlertRecord, AlertSummary
from inventory.connectors.base import Document, DocumentError, Kind, as_list, as_map, as_text, clip, one_line
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members

SEVERITIES: Final = {
    "0": Severity.CRITICAL, "1": Severity.CRITICAL, "2": Severity.CRITICAL, "3": Severity.HIGH, "4": Severity.MEDIUM,
    "5": Severity.LOW, "6": Severity.INFO, "7": Severity.INFO,
}  # fmt: skip
SUMS: Final = ("949", "959", "980")
"""How the numbers of rules begin that add up the scores of others."""

CATEGORY_OF: Final = {
    "attack-sqli": "API8", "attack-xss": "API8", "attack-rce": "API8", "attack-lfi": "API8", "attack-rfi": "API8",
    "attack-injection-php": "API8", "attack-injection-java": "API8", "attack-injection-generic": "API8",
    "attack-ssrf": "API7", "attack-ssti": "API8", "attack-ldap": "API8", "attack-protocol": "API8",
    "attack-disclosure": "API8", "attack-fixation": "API2", "attack-dos": "API4", "attack-deserialization": "API8",
    "attack-multipart-header": "API8",
}  # fmt: skip
FAMILIES: Final = {
    "912": "API4", "920": "API8", "921": "API8", "930": "API8", "931": "API8", "932": "API8", "933": "API8",
    "941": "API8", "942": "API8", "943": "API2", "944": "API8",
}  # fmt: skip
"""How the numbers of the OWASP rules begin, for where a rule comes without its tags."""
FAMILY_DIGITS: Final = 6
STAMP: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})", re.ASCII)
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REFUSALS: Final = frozenset((403, 406))
QUARTER: Final = timedelta(minutes=15)
FURTHEST: Final = timedelta(hours=14)
SLACK: Final = timedelta(minutes=2)


@register
class ModSecurity:
    """Reads line by line."""

    slug: ClassVar[str] = "modsecurity"
    label: ClassVar[str] = "ModSecurity 3 audit log (JSON)"
    kind: ClassVar[Kind] = "alerts"
    records: ClassVar[Any] = AlertRecord
    summary: ClassVar[Any] = AlertSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for a transaction with what ModSecurity notes of it."""
        transaction = first_members(head).get("transaction", b"")
        return transaction.startswith(b"{") and b'"client_ip"' in head and b'"unique_id"' in head

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[AlertRecord, None, AlertSummary]:
        """Yield an alert for each rule that matched."""
        counts = Counts("modsecurity")
        read = 0
        for place, entry in objects_of(document, counts):
            transaction = as_map(entry.get("transaction"))
            moment = _moment(transaction)
            if not transaction or moment is None or not as_text(transaction.get("unique_id")):
                counts.skip(place, "The line holds no transaction with its time and its number.")
                continue
            read += 1
            for alert in _alerts(transaction, moment, counts):
                yield counts.add(alert)
        if counts.skipped and not read:
            raise DocumentError(counts.skipped[0].place, f"No line can be read. {counts.skipped[0].reason}")
        return counts.summary()


def _moment(transaction: dict[str, Any]) -> datetime | None:
    # Not strptime: that opens files when it is first used, and a reader may open none.
    found = STAMP.fullmatch(as_text(transaction.get("time_stamp")).strip())
    if found is None or found[1] not in MONTHS:
        return None
    day, hours, minutes, seconds, year = found.group(2, 3, 4, 5, 6)
    try:
        month = MONTHS.index(found[1]) + 1
        stamp = datetime(int(year), month, int(day), int(hours), int(minutes), int(seconds), tzinfo=UTC)
    except ValueError:
        return None
    said = as_text(as_map(as_map(transaction.get("response")).get("headers")).get("Date"))
    try:
        answered = parsedate_to_datetime(said).replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return stamp
    zone = round((stamp - answered) / QUARTER) * QUARTER
    try:
        near = abs(stamp - zone - answered) <= SLACK and abs(zone) <= FURTHEST
        return stamp - zone if near else stamp
    except OverflowError:
        return stamp


def _alerts(transaction: dict[str, Any], moment: datetime, counts: Counts) -> Iterator[AlertRecord]:
    matched = [as_map(message) for message in as_list(transaction.get("messages"))]
    rules = [(message, as_map(message.get("details"))) for message in matched if message]
    if not rules:
        counts.not_alerts["no rule matched"] += 1
        return
    telling = [one for one in rules if not as_text(one[1].get("ruleId")).startswith(SUMS)]
    if telling:
        counts.not_alerts["only adds up the others"] += len(rules) - len(telling)
    request = as_map(transaction.get("request"))
    headers = {str(name).lower(): value for name, value in as_map(request.get("headers")).items()}
    host, port = host_of(headers.get("host"))
    code = as_map(transaction.get("response")).get("http_code")
    status = code if isinstance(code, int) and 100 <= code <= 599 else None  # noqa: PLR2004 - what HTTP has
    on = as_text(as_map(transaction.get("producer")).get("secrules_engine")) == "Enabled"
    # Once for all its messages: each of these texts may be as long as the line.
    number = f"{clip(as_text(transaction.get('server_id')), 100)} {clip(as_text(transaction['unique_id']), 100)}"
    actor, method = name_of(transaction.get("client_ip"), 200), method_of(request.get("method"))
    path = clip(as_text(request.get("uri")).partition("?")[0], 2000)
    for place, (message, details) in enumerate(telling or rules):
        severity, word = counts.severity(details.get("severity"), SEVERITIES)
        rule = name_of(details.get("ruleId")) or "unnamed"
        where, size = _matched(details)
        yield AlertRecord(
            source_kind="modsecurity",
            uid=f"{number} {rule} {place}",
            rule=rule,
            title=one_line(as_text(message.get("message"))) or f"Rule {rule}",
            severity=severity,
            raw_severity=word,
            outcome=Outcome.BLOCKED if on and status in REFUSALS else Outcome.ALLOWED,
            category=_category(rule, details.get("tags")),
            happened_at=moment,
            actor=actor,
            method=method,
            host=host,
            port=port,
            path=path,
            status=status,
            where=where,
            size=size,
        )


def _category(rule: str, tags: Any) -> str:
    found = (CATEGORY_OF.get(as_text(tag), "") for tag in as_list(tags)[:100])
    return next(filter(None, found), "") or FAMILIES.get(rule[:3] if len(rule) == FAMILY_DIGITS else "", "")


def _matched(details: dict[str, Any]) -> tuple[str, int | None]:
    """Return the variable that matched and how long its value was; the value itself is what the attacker sent."""
    told = as_text(details.get("match"))
    start, _, value = told.partition("' (Value: `")
    variable = start.rpartition("against variable `")[2] if "against variable `" in start else ""
    size = len(value.removesuffix("' )")) if value else None
    place, colon, name = one_line(variable, 100).partition(":")
    # Whoever sends a request names its parameters: such a name is shown only where it is plain.
    plain = not colon or name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return (f"{place}{colon}{name}" if plain else place), size
