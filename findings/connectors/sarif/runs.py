"""One run: the tool, what is scanned again and again, when, and what its results refer to by number."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from findings.connectors.sarif.outline import RunOutline
from findings.connectors.sarif.rules import Rules, levels_set
from findings.connectors.sarif.weakness import Taxonomies
from findings.records import RunSummary
from inventory.connectors.base import as_list, as_map, as_text, clip, one_line

OLDEST = 1990
"""Years before are default values of date types, not times of scans."""

MOST_BASES = 10
"""Folders that may each lie in the next one."""
MOST_NAMED = 1000
"""Folders that a run may give names to."""
MOST_BASE = 2000
"""Letters of a folder's whole address; one that is longer is none."""
MOST_ROOTS = 20

_VERSION_AT_END = re.compile(r"[\s/_-]+v?\d+(?:\.\d+)+\S*$", re.IGNORECASE)


@dataclass(slots=True)
class Run:
    """What results of one run need to be read.

    `roots` are the declared folders that file URIs are cut to, `sites` the declared bases on the web, by their name.
    """

    about: RunSummary
    rules: Rules
    sites: dict[str, str]
    roots: tuple[str, ...]
    artifacts: list[Any]
    requests: list[Any]
    taxonomies: Taxonomies
    results: int
    external: bool


def run_of(outline: RunOutline) -> Run:
    """Return the run that an outline describes."""
    members = outline.members
    tool = as_map(members.get("tool"))
    invocations = as_list(members.get("invocations"))
    taxonomies = Taxonomies(as_list(members.get("taxonomies")))
    bases = _bases(as_map(members.get("originalUriBaseIds")))
    folders = [*bases.values(), *(_uri(as_map(node).get("workingDirectory")) for node in invocations)]
    references = as_map(members.get("externalPropertyFileReferences"))
    return Run(
        about=_about(members, tool, invocations),
        rules=Rules(tool, taxonomies, levels_set(invocations, tool)),
        sites={name: uri for name, uri in bases.items() if uri.lower().startswith(("http://", "https://"))},
        roots=_roots(folders),
        artifacts=as_list(members.get("artifacts")),
        requests=as_list(members.get("webRequests")),
        taxonomies=taxonomies,
        results=outline.results,
        external=bool(as_list(references.get("results"))),
    )


def _about(members: dict[str, Any], tool: dict[str, Any], invocations: list[Any]) -> RunSummary:
    driver = as_map(tool.get("driver"))
    name = one_line(as_text(driver.get("name")))
    sources = (as_map(node) for node in as_list(members.get("versionControlProvenance")))
    repositories = (as_text(source.get("repositoryUri")) for source in sources)
    return RunSummary(
        source_kind=clip(_VERSION_AT_END.sub("", name).strip().lower(), 100) or "unknown tool",
        tool=name,
        version=one_line(as_text(driver.get("semanticVersion")) or as_text(driver.get("version")), 100),
        series=_series(as_map(members.get("automationDetails") or members.get("automationId"))),
        scanned_at=_scanned_at([as_map(node) for node in invocations]),
        successful=all(as_map(node).get("executionSuccessful") is not False for node in invocations),
        repository=clip(next(filter(None, repositories), ""), 1000),
    )


def _series(details: dict[str, Any]) -> str:
    """Return what a run belongs to (section 3.17): its id without the last part, which is the run's own.

    An id that ends in a slash is all series; one without a slash names the run alone. Then the guid of the class of
    runs stands in.
    """
    series, slash, _ = as_text(details.get("id")).rpartition("/")
    if slash and series.strip("/ "):
        return clip(one_line(series.strip("/ "), 1000), 300)
    return clip(as_text(details.get("correlationGuid")), 300)


def _scanned_at(invocations: list[dict[str, Any]]) -> datetime | None:
    for key in ("endTimeUtc", "startTimeUtc"):
        if times := [time for invocation in invocations if (time := _time(invocation.get(key)))]:
            return max(times)
    return None


def _time(value: Any) -> datetime | None:
    """Return a time in UTC; without a zone it is UTC by the property's name. None for what is no time."""
    try:
        time = datetime.fromisoformat(as_text(value).strip())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year >= OLDEST else None


def _roots(folders: list[str]) -> tuple[str, ...]:
    """Return the declared folders, the longest first, so that the innermost one is cut off."""
    roots = {f"{uri.rstrip('/')}/" for uri in folders if uri.startswith("file://")}
    return tuple(sorted(roots, key=lambda root: (-len(root), root))[:MOST_ROOTS])


def _uri(location: Any) -> str:
    return as_text(as_map(location).get("uri"))


def _bases(nodes: dict[str, Any]) -> dict[str, str]:
    """Return each base URI, put together along its chain of bases; those too long to be one are left out."""
    bases = {}
    for name in islice(nodes, MOST_NAMED):
        uri, at = "", name
        for _ in range(MOST_BASES):
            base = as_map(nodes.get(at))
            uri = _uri(base)[: MOST_BASE + 1] + uri
            at = as_text(base.get("uriBaseId"))
            if not at or len(uri) > MOST_BASE:
                break
        if len(uri) <= MOST_BASE:
            bases[name] = uri
    return bases
