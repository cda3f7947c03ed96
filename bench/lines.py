"""One measured line, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Seconds of each round of one thing, and of what it is compared with, round by round.

    The goal is `most` times the comparison, or `most` seconds where there is none. Below `stated` rows nothing is
    compared. `apart` are other seconds worth knowing, `megabytes` the peaks and `processor` the seconds of each kind of
    process. With `of_all`, the 95th percentile, the goal is that of nearly all rounds, not of their median.
    """

    name: str
    rows: int
    seconds: Sequence[float]
    against: str = ""
    compared: Sequence[float] = ()
    most: float | None = None
    stated: int = 0
    apart: dict[str, Sequence[float]] = field(default_factory=dict)
    megabytes: dict[str, int] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    most_megabytes: int | None = None
    of_all: float | None = None
    queries: int | None = None
    most_queries: int | None = None
    digest: str = ""
    load: str = ""

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' own ratios, so that both sides bore the same load; None where none is told."""
        if not self.compared or self.rows < self.stated:
            return None
        return median(mine / other for mine, other in zip(self.seconds, self.compared, strict=True))

    @property
    def _told(self) -> float:
        return median(self.seconds) if self.of_all is None else self.of_all

    @property
    def missed(self) -> list[str]:
        """What was to be reached and was not, in words."""
        missed = []
        if self.most is not None and self.rows >= self.stated:
            ratio = self.ratio
            if ratio is not None and ratio > self.most:
                missed.append(f"MISSED: {ratio:.2f} x, the goal is {self.most:g} x")
            elif not self.compared and self._told > self.most:
                missed.append(f"MISSED: {_seconds(self._told)}, the goal is {_seconds(self.most)}")
        if self.queries is not None and self.most_queries is not None and self.queries > self.most_queries:
            missed.append(f"MISSED: {self.queries} queries, the goal is {self.most_queries}")
        if self.most_megabytes is not None:
            missed += [
                f"MISSED: the {name} took {most} MB, the goal is {self.most_megabytes} MB"
                for name, most in self.megabytes.items()
                if most > self.most_megabytes
            ]
        return missed

    def told(self) -> list[str]:
        """Return the line as text for people."""
        if self.of_all is not None:
            return [f"{self.name}: {self._asked()}; load {self.load}; {self._verdict()}"]
        rows = f"N = {self.rows:,}, {self.rows / median(self.seconds):,.0f} rows/s"
        told = [self.name, f"    {_spread(self.seconds)}; {rows}"]
        if self.compared:
            told.append(f"    {self.against}: {_spread(self.compared)}")
        told += [f"    apart, {name}: {_spread(seconds)}" for name, seconds in self.apart.items()]
        if self.megabytes:
            told.append("    peak memory: " + ", ".join(f"{name} {most} MB" for name, most in self.megabytes.items()))
        if self.processor:
            parts = ", ".join(f"{name} {spent:.1f} s" for name, spent in self.processor.items())
            told.append(f"    processor time of the last round: {parts}")
        if self.digest:
            told.append(f"    data {self.digest}; load {self.load}")
        return [*told, f"    {self._verdict()}"]

    def _asked(self) -> str:
        spent = f", processor {_seconds(sum(self.processor.values()))} each" if self.processor else ""
        return f"median {_seconds(median(self.seconds))}, p95 {_seconds(self._told)}{spent}, {self.queries} queries"

    def _verdict(self) -> str:
        if self.rows < self.stated:
            claimed = "no ratio" if self.of_all is None else "no goal"
            return f"{claimed}: fewer than the {self.stated:,} rows the goal is stated for"
        if self.missed:
            return "; ".join(self.missed)
        if self.most is None and self.most_megabytes is not None:
            return f"goal {self.most_megabytes} MB a process: reached"
        if self.ratio is None:
            return f"goal {_seconds(self.most)}: reached" if self.most is not None else "no goal in seconds"
        return f"{self.ratio:.2f} x" + (f", goal {self.most:g} x: reached" if self.most is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """Bytes that the rows of some tables take for each of `rows`, with their indexes, and the most they may take."""

    name: str
    rows: int
    tables: dict[str, int]
    most: int
    stated: int

    @property
    def each(self) -> float:
        """Bytes for each row, all tables together."""
        return sum(self.tables.values()) / self.rows

    @property
    def missed(self) -> list[str]:
        """What was to be reached and was not, in words."""
        if self.rows < self.stated or self.each <= self.most:
            return []
        return [f"MISSED: {self.each:,.0f} bytes, the goal is {self.most:,}"]

    def told(self) -> list[str]:
        """Return the line as text for people."""
        parts = (f"    {name}: {size / self.rows:,.0f} bytes each" for name, size in self.tables.items())
        claimed = f"no goal: fewer than {self.stated:,}" if self.rows < self.stated else f"goal {self.most:,}: reached"
        verdict = "; ".join(self.missed) or claimed
        return [f"{self.name}: {self.each:,.0f} bytes for each of {self.rows:,}", *parts, f"    {verdict}"]


def _spread(seconds: Sequence[float]) -> str:
    return f"median {_seconds(median(seconds))}, worst {_seconds(max(seconds))} of {len(seconds)}"


def _seconds(value: float) -> str:
    return f"{value * THOUSAND:.0f} ms" if value < 1 else f"{value:.2f} s"
