"""Which API a finding belongs to: the one named, the one that answers at its URL, or the one a rule names. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from findings.records import FindingRecord, RunSummary
from inventory.addresses import AddressBook
from inventory.paths import split_base


class RuleKind(StrEnum):
    """What a mapping rule looks at."""

    PATH = "path"
    HOST = "host"
    FILE = "file"
    REPOSITORY = "repository"
    SERIES = "series"


MEANING: Final = {
    RuleKind.PATH: "URLs below a host and path, such as shop.example/orders",
    RuleKind.HOST: "URLs on a host, such as api.shop.example",
    RuleKind.FILE: "files below a folder of the repository or image, such as services/orders",
    RuleKind.REPOSITORY: "code of a repository, such as github.com/shop/orders",
    RuleKind.SERIES: "everything of a series, by its name",
}
"""Each kind for people, from the one that says most of a finding to the one that says least; earlier ones win."""


UNNAMED: Final = "upload"
"""The series of reports that nobody gave a name: shared by all, so no rule can be about it."""


@lru_cache(maxsize=64)  # all findings of a run name the same one
def repository_key(url: str) -> str:
    """Return a repository's address without scheme, user, `.git` and slash at its end, in lower case."""
    text = url.strip().lower().partition("://")[2] or url.strip().lower()
    text = text.rpartition("@")[2] if "@" in text.partition("/")[0] else text
    head, colon, tail = text.partition(":")
    if colon and "/" not in head and not tail[:1].isdigit():
        text = f"{head}/{tail}"
    return text.rstrip("/").removesuffix(".git").rstrip("/")


def _below(path: str, prefix: str) -> bool:
    """Tell whether a path is the prefix or lies below it, whole segments only."""
    parts, start = path.strip("/").split("/"), prefix.strip("/").split("/")
    return parts[: len(start)] == start


@dataclass(frozen=True, slots=True)
class Rule:
    """One mapping rule. `pattern` is as `clean_pattern` returns it."""

    id: int
    kind: RuleKind
    pattern: str
    api_id: int

    def meets(self, record: FindingRecord, series: str) -> bool:
        """Tell whether the rule speaks of this finding, whose series is called that."""
        match self.kind:
            case RuleKind.REPOSITORY:
                return bool(record.repository) and repository_key(record.repository) == self.pattern
            case RuleKind.SERIES:
                return series == self.pattern
            case RuleKind.FILE:
                return bool(record.file) and _below(record.file, self.pattern)
        if not record.url:
            return False
        base = split_base(record.url)
        if self.kind == RuleKind.HOST:
            return base.host == self.pattern
        return _below(f"{base.host}{base.path}", self.pattern)


def clean_pattern(kind: RuleKind, text: str) -> str:
    """Return a pattern in the form rules compare; empty when nothing is left of it."""
    text = text.strip()
    if kind == RuleKind.REPOSITORY:
        return repository_key(text)
    if kind in {RuleKind.HOST, RuleKind.PATH}:
        base = split_base(text if "://" in text else f"https://{text}")
        return base.host if kind == RuleKind.HOST else f"{base.host}{base.path}"
    return text.strip("/") if kind == RuleKind.FILE else text


ORDER: Final = {kind: rank for rank, kind in enumerate(MEANING)}


class RuleBook:
    """The mapping rules that may apply to one report, the most telling first; ties go to the longer, then the older."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = sorted(rules, key=lambda rule: (ORDER[rule.kind], -len(rule.pattern), rule.id))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def find(self, record: FindingRecord, series: str) -> int | None:
        """Return the API that the first fitting rule names, or None."""
        return next((rule.api_id for rule in self._rules if rule.meets(record, series)), None)

    def find_run(self, run: RunSummary, series: str) -> int | None:
        """Return the API that a run belongs to as a whole, found or not what it looked for, or None."""
        for rule in self._rules:
            if rule.kind == RuleKind.REPOSITORY and run.repository and repository_key(run.repository) == rule.pattern:
                return rule.api_id
            if rule.kind == RuleKind.SERIES and series == rule.pattern:
                return rule.api_id
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the findings of one report go.

    `named_api` is the API the uploader named, `stable_ids` the stable id of every API in reach, `series` the
    uploader's name for the series or empty, and `unmapped` stands for the API in fingerprints of findings without one.
    `otherwise` is the API of what neither its URL nor a rule places.
    With `anew` the report was folded before, without the rules: only what finds an API now is taken.
    """

    book: AddressBook
    stable_ids: dict[int, str]
    named_api: int | None = None
    series: str = ""
    unmapped: str
    rules: RuleBook = field(default_factory=RuleBook)
    otherwise: int | None = None
    anew: bool = False

    def api_of(self, record: FindingRecord) -> int | None:
        """Return the API of a finding: the named one, else that at its URL, else that of a rule, else `otherwise`."""
        if self.named_api is not None:
            return self.named_api
        if record.url:
            base = split_base(record.url)
            at_url = self.book.find(base.host, base.port, base.path)
            if at_url is not None:
                return at_url
        by_rule = self.rules.find(record, self.series_name(record.series)) if self.rules else None
        return self.otherwise if by_rule is None else by_rule

    def series_name(self, record_series: str) -> str:
        """Return the series: what the uploader said, else what the document says, else "upload"."""
        return (self.series or record_series or UNNAMED)[:300]
