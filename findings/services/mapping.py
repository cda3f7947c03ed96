"""Tying what has no API yet to one: by a rule from now on, or one report by hand; what was read before is read anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from findings.errors import FindingsRefused
from findings.mapping import UNNAMED, Rule, RuleKind, clean_pattern
from findings.models import Decision, Finding, FindingQuerySet, MappingRule, Report
from findings.records import FindingRecord
from findings.services.statuses import derive_statuses, touch
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.codes import chance_code
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api
from inventory.services.classify import current_team


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a rule would tie now: how many findings without an API, and a few of them."""

    count: int
    sample: tuple[Finding, ...]


def unmapped(principal: Principal) -> FindingQuerySet:
    """Return the findings in sight that no rule ties to an API yet."""
    return Finding.objects.visible_to(principal).filter(api=None, moved_to=None)


def _checked(kind: str, text: str) -> tuple[RuleKind, str]:
    if kind not in set(RuleKind):
        msg = f"“{kind}” is no kind of mapping rule; they are {', '.join(RuleKind)}."
        raise FindingsRefused(msg)
    pattern = clean_pattern(RuleKind(kind), text)
    if not pattern:
        msg = f"Say which {kind} the rule is for."
        raise FindingsRefused(msg)
    if kind == RuleKind.SERIES and pattern == UNNAMED:
        msg = (
            f"Every report without a name of its own is in the series “{UNNAMED}”, so no rule can be about it: "
            "make one for its files or repository, or name the API when you upload."
        )
        raise FindingsRefused(msg)
    return RuleKind(kind), pattern[:1000]


def _met(rule: Rule, found: FindingQuerySet) -> list[Finding]:
    told = found.select_related("series").only(
        "code", "title", "source_kind", "rule", "url", "file", "repository", "severity", "series__name"
    )
    return [finding for finding in told.iterator(chunk_size=2000) if rule.meets(_as_record(finding), _series(finding))]


def _as_record(finding: Finding) -> FindingRecord:
    """Return the parts of a finding that rules look at, as a record."""
    return FindingRecord(
        source_kind=finding.source_kind,
        rule=finding.rule,
        title=finding.title,
        severity="info",  # type: ignore[arg-type]  # no rule looks at it
        url=finding.url,
        file=finding.file,
        repository=finding.repository,
    )


def _series(finding: Finding) -> str:
    return finding.series.name if finding.series else ""


def preview_rule(*, kind: str, pattern: str, principal: Principal) -> Preview:
    """Return what a rule would tie. Raises FindingsRefused for a kind or pattern that is none."""
    checked, clean = _checked(kind, pattern)
    found = _met(Rule(0, checked, clean, 0), unmapped(principal))
    return Preview(count=len(found), sample=tuple(found[:5]))


@transaction.atomic
def create_rule(*, kind: str, pattern: str, api: Api, principal: Principal, now: datetime) -> tuple[MappingRule, Job]:
    """Tie findings to an API from now on, and return the job that reads what came before anew.

    Raises AccessRefused without the right to mapping rules on that API, FindingsRefused for a wrong kind or pattern
    and for a rule that is there already.
    """
    checked, clean = _checked(kind, pattern)
    team = current_team(api)
    require(principal, Verb.CONNECT, team_id=team.pk if team else None)
    if principal.user_id is None:
        msg = "A mapping rule is made by a person; sign in to make it."
        raise FindingsRefused(msg)
    try:
        with transaction.atomic():
            rule = MappingRule.objects.create(
                code=chance_code("MAP"),
                kind=checked,
                pattern=clean,
                api=api,
                created_at=now,
                created_by_id=principal.user_id,
            )
    except IntegrityError as error:
        msg = f"There is a rule for {checked} {clean} and {api.name} already."
        raise FindingsRefused(msg) from error
    record_change(
        principal=principal, kind="mapping rule", code=rule.code, verb="created", old=None,
        new=f"{checked} {clean} → {api.code}", now=now, api_id=api.pk,
    )  # fmt: skip
    title = f"Map {clean} to {api.name}"
    job = enqueue(kind="findings.map", arguments={"rule": rule.pk}, principal=principal, now=now, title=title)
    return rule, job


@transaction.atomic
def end_rule(*, rule: MappingRule, principal: Principal, now: datetime) -> None:
    """Stop a rule from tying anything more; what it tied stays. Raises AccessRefused without the right."""
    team = current_team(rule.api)
    require(principal, Verb.CONNECT, team_id=team.pk if team else None)
    ended = MappingRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_at=now)
    if ended:
        record_change(
            principal=principal, kind="mapping rule", code=rule.code, verb="ended", old=None, new=None,
            now=now, api_id=rule.api_id,
        )  # fmt: skip


def reports_of_rule(*, rule: MappingRule, principal: Principal) -> list[Report]:
    """Return the reports whose findings a rule ties, the oldest first."""
    found = _met(Rule(rule.pk, RuleKind(rule.kind), rule.pattern, rule.api_id), unmapped(principal))
    series = {finding.series_id for finding in found}
    reports = Report.objects.filter(parts__scan__series__in=series).distinct()
    return list(reports.order_by("uploaded_at", "pk"))


@transaction.atomic
def tie_report(*, report: Report, api: Api, principal: Principal, now: datetime) -> Job:
    """Tie what a report says of no API yet to one, this once, and return the job that reads the report anew.

    What a URL or a rule places stays there. Raises AccessRefused without the right to upload to that API, and
    FindingsRefused when the document is no longer held.
    """
    team = current_team(api)
    require(principal, Verb.UPLOAD, team_id=team.pk if team else None)
    if report.blob_id is None:
        msg = f"The document of report {report.code} is gone; upload it again and name the API."
        raise FindingsRefused(msg)
    return enqueue(
        kind="findings.report_anew", arguments={"report": report.pk, "api": api.pk}, principal=principal, now=now,
        key=f"findings.report_anew {report.pk} {api.pk}", title=f"Tie {report.name} to {api.name}"[:300],
    )  # fmt: skip


MOVE = """
UPDATE findings_finding old SET moved_to_id = found.id
FROM staged JOIN findings_finding found ON found.fingerprint = staged.fingerprint
WHERE old.fingerprint = staged.before AND old.moved_to_id IS NULL AND old.id <> found.id
RETURNING old.id, found.id
"""


def move_findings(*, now: datetime) -> int:
    """Let the findings that had no API point to those they became, take their decisions along, and return how many.

    Call in the transaction that folded the report anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(MOVE)
        moved: dict[int, int] = dict(cursor.fetchall())
    if moved:
        _copy_decisions(moved)
        touch("SELECT unnest(%s::bigint[])", [list(moved.values())])
        derive_statuses(now=now)
    return len(moved)


def _copy_decisions(moved: dict[int, int]) -> None:
    copies: dict[int, Decision] = {}
    held: Sequence[Decision] = list(Decision.objects.filter(finding__in=moved).order_by("pk"))
    for decision in held:
        about = copies.get(decision.about_id or 0)
        copy = Decision(
            finding_id=moved[decision.finding_id or 0],
            kind=decision.kind,
            reason=decision.reason,
            at=decision.at,
            by_id=decision.by_id,
            about=about,
            until=decision.until,
            proof=decision.proof,
        )
        copy.save(force_insert=True)
        copies[decision.pk] = copy
