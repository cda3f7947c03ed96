"""Evidence: frozen as it was, with the documents behind it."""

import hashlib
import json

from incidents.choices import EntryKind, Level, Stage
from incidents.models import Episode, Evidence
from incidents.services.evidence import freeze, hand_out
from incidents.services.incidents import Declared, declare
from incidents.services.timeline import add_entry
from inventory.access.models import StateChange
from inventory.jobs.models import Blob
from tests.findings.reports import analyst
from tests.incidents.attacks import NOW as THEN
from tests.incidents.attacks import alert, bring, describe, document
from tests.incidents.rooms import responder

LINE = (Stage.CONTAINMENT, Stage.ERADICATION, Stage.RECOVERY, Stage.MONITORING, Stage.REVIEW)


def test_frozen_evidence_stays_as_it_was_and_its_documents_do_not_expire(fresh_database: str) -> None:
    bringer, by = analyst(), responder()
    describe(bringer)
    bring(document(alert(1, severity="critical")), bringer)
    said = Declared(title="Orders read", level=Level.SEV2, alerts=tuple(Episode.objects.all()))
    one = declare(said=said, principal=by, now=THEN)
    expires = max(Blob.objects.values_list("expires_at", flat=True))
    frozen = freeze(incident=one, principal=by, now=THEN)
    assert frozen.counts == {"alerts": 1, "findings": 0, "timeline": 2, "documents": 1}
    assert max(Blob.objects.values_list("expires_at", flat=True)) > expires
    add_entry(incident=one, kind=EntryKind.OBSERVATION, text="later", principal=by, now=THEN)
    body = hand_out(evidence=Evidence.objects.get(), principal=by, now=THEN)
    assert hashlib.sha256(body.encode()).hexdigest() == frozen.digest
    assert len(json.loads(body)["timeline"]) == 2
    assert "orders/1" not in body
    assert StateChange.objects.filter(kind="evidence", verb="exported").exists()
