"""CODEOWNERS files, as GitHub and GitLab read them: patterns and who owns what they match, one rule a line.

Of several rules that match the last one counts. Sections of GitLab (`[Payments] @team`) give their owners to rules
without any. A line that names a pattern and nobody takes ownership away. A line that cannot be a rule is skipped,
counted and shown.
"""

import re
from collections.abc import Generator
from typing import Any, ClassVar

from inventory.connectors.base import Document, DocumentError, Kind, clean, clip, one_line
from inventory.connectors.registry import register
from inventory.connectors.streams import lines_of
from inventory.jobs.documents import HEAD
from inventory.records import Oddity, OwnerRecord, OwnerSummary

SHOWN = 100
LOOKED_AT = 200
MOST = 50
LONGEST = 4_000
"""Letters of a line; a longer one is no rule, and no expression should look at it."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w./-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+")
# No braces: a whole JSON array on one line, in which somebody has an address, is no section.
_SECTION = re.compile(r"\^?\[(?P<name>[^\]{}]+)\](?:\[\d+\])?(?P<owners>.*)")
_PATTERN = re.compile(r"[*/.\w](?:\\.|[^\s\\:,;=\"'<>{}|])*")
_WORD = re.compile(r"(?:\\.|[^\s\\])+")


@register
class CodeOwners:
    """Reads line by line."""

    slug: ClassVar[str] = "codeowners"
    label: ClassVar[str] = "CODEOWNERS"
    kind: ClassVar[Kind] = "owners"
    records: ClassVar[Any] = OwnerRecord
    summary: ClassVar[Any] = OwnerSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for lines that are all rules, one of which at least names an owner with an @."""
        whole = head.decode("utf-8", "replace")
        lines = [line.strip() for line in whole.splitlines()[: LOOKED_AT if len(head) < HEAD else -1]]
        rules = [line for line in lines if line and not line.startswith("#")][:LOOKED_AT]
        return bool(rules) and all(map(_is_rule, rules)) and any("@" in line for line in rules)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[OwnerRecord, None, OwnerSummary]:
        """Yield one record for each rule, in the order of the file."""
        skipped: list[Oddity] = []
        count, section = 0, tuple[str, ...]()
        for number, raw in lines_of(document):
            line = clean(raw.decode("utf-8", "replace")).strip() if raw is not None else ""
            if raw is None or len(line) > LONGEST:
                skipped.append(Oddity(place=f"line {number}", what="The line is too long."))
            elif line and not line.startswith("#"):
                if head := _SECTION.fullmatch(line):
                    section = _owners(head["owners"])
                    continue
                pattern, rest = _split(line)
                rest = rest.partition(" #")[0]
                if not _PATTERN.fullmatch(pattern):
                    skipped.append(Oddity(place=f"line {number}", what=f"“{one_line(pattern, 60)}” is no pattern."))
                    continue
                if rest.strip() and not _owners(rest):
                    skipped.append(Oddity(place=f"line {number}", what=f"“{one_line(rest, 60)}” names no owner."))
                    continue
                count += 1
                yield OwnerRecord(pattern=clip(pattern, 300), owners=_owners(rest) or section, place=f"line {number}")
        if not count:
            raise DocumentError(
                place=skipped[0].place if skipped else "", reason="The file holds no rule of ownership."
            )
        return OwnerSummary(entries=count, skipped_count=len(skipped), skipped=tuple(skipped[:SHOWN]))


def _is_rule(line: str) -> bool:
    pattern, rest = _split(line)
    words = rest.partition(" #")[0].split()
    return bool(_SECTION.fullmatch(line)) or (bool(_PATTERN.fullmatch(pattern)) and all(map(_OWNER.fullmatch, words)))


def _split(line: str) -> tuple[str, str]:
    """Return the pattern, whose spaces are escaped, and what follows it."""
    found = _WORD.match(line)
    end = found.end() if found else len(line)
    return line[:end], line[end:]


def _owners(text: str) -> tuple[str, ...]:
    return tuple(clip(owner, 200) for owner in dict.fromkeys(_OWNER.findall(text)))[:MOST]
