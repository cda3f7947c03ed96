"""Freezing what is known: one document that nobody can change, and the raw documents behind it kept from expiry."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from findings.models import Report
from incidents.choices import EntryKind
from incidents.models import Alert, Entry, Episode, Evidence, Incident, Link
from incidents.services.rooms import held, require_export, write
from inventory.access.records import AGAIN, Principal
from inventory.access.services.trail import record_change
from inventory.codes import chance_code
from inventory.jobs.models import Blob

KEPT: Final = timedelta(days=3 * 365)
"""How long the documents behind frozen evidence are kept at least."""
EPISODE: Final = (
    "code", "source_kind", "rule", "title", "category", "severity", "outcome", "actor", "method", "host", "path",
    "first_at", "last_at", "alerts", "events", "outcomes", "state", "resolution",
)  # fmt: skip
FINDING: Final = (
    "code", "source_kind", "rule", "title", "weakness_class", "severity", "cwe", "cve", "method", "path", "parameter",
    "location", "status", "first_seen",
)  # fmt: skip
ENTRY: Final = ("id", "happened_at", "at", "by__email", "kind", "text", "note", "supersedes")


@transaction.atomic
def freeze(*, incident: Incident, principal: Principal, now: datetime) -> Evidence:
    """Freeze what is known of an incident's alerts, findings and timeline, and keep the documents they came from.

    Single requests are not in it, so that whoever may read of the incident may read it: they lie sealed in the
    documents. Asked again at once, it is frozen once: nothing but that has happened since.
    """
    row, person = held(incident, principal)
    last = Entry.objects.filter(incident=row).order_by("pk").last()
    recent = Evidence.objects.filter(incident=row, by=person, at__gt=now - AGAIN).order_by("pk").last()
    if last is not None and recent is not None and last.kind == EntryKind.EVIDENCE and last.by_id == person:
        return recent
    links = Link.objects.filter(incident=row, removed_at=None)
    alerts = Episode.objects.filter(pk__in=links.values("episode")).order_by("code")
    body: dict[str, Any] = {
        "incident": {"code": row.code, "title": row.title, "level": row.level, "stage": row.stage},
        "frozen_at": now,
        "apis": list(links.exclude(api=None).order_by("api__code").values("api__code", "api__name")),
        "alerts": list(alerts.values(*EPISODE)),
        "findings": list(_findings(links)),
        "timeline": list(Entry.objects.filter(incident=row).order_by("pk").values(*ENTRY)),
    }
    text = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, indent=1)
    counts = {name: len(body[name]) for name in ("alerts", "findings", "timeline")}
    counts["documents"] = _keep_documents(list(alerts.values_list("pk", flat=True)), now=now)
    named = (("alert", counts["alerts"]), ("finding", counts["findings"]), ("document", counts["documents"]))
    told = ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in named)
    evidence = Evidence.objects.create(
        incident=row, code=chance_code("EVD"), body=text, digest=digest_of(text), counts=counts, at=now, by_id=person
    )
    write(
        row, principal=principal, kind=EntryKind.EVIDENCE, verb="froze", now=now,
        text=f"Froze evidence {evidence.code}: {told} kept", note=f"SHA-256 {evidence.digest}", new=evidence.digest,
    )  # fmt: skip
    return evidence


def hand_out(*, evidence: Evidence, principal: Principal, now: datetime) -> str:
    """Return frozen evidence as it was, and write down who took it. Raises AccessRefused."""
    require_export(evidence.incident, principal)
    record_change(
        principal=principal, kind="evidence", code=evidence.code, verb="exported", old=None, new=evidence.digest,
        now=now,
    )  # fmt: skip
    return evidence.body


def digest_of(body: str) -> str:
    """Return the SHA-256 of what is given out, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def _findings(links: Any) -> Any:
    named = [f"finding__{name}" for name in FINDING]
    for found in links.exclude(finding=None).order_by("finding__code").values(*named):
        yield {name.removeprefix("finding__"): value for name, value in found.items()}


def _keep_documents(episode_ids: list[int], *, now: datetime) -> int:
    """Let no document behind these alerts expire for years; return how many are still there."""
    reports = Alert.objects.filter(episode__in=episode_ids).exclude(report=None).values("report").distinct()
    blobs = Report.objects.filter(pk__in=reports).exclude(blob=None).values("blob")
    there = Blob.objects.filter(pk__in=blobs, dropped_at=None)
    return there.update(expires_at=Greatest(F("expires_at"), Value(now + KEPT)))
