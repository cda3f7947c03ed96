"""A demo of two APIs that is quick to load, and the workers that load it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db.models import Q
from django.utils import timezone
from pytest_django.fixtures import Settings

from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from tests.findings.reports import openapi
from tests.incidents.services.test_looking import line


def keep_small(settings: Settings, tmp_path: Path) -> None:
    """Keep a demo of two APIs, one of which was walked through."""
    settings.POSTURE_HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DEMO_DATA = True
    settings.DEMO_SOURCE, settings.DEMO_FOLDER = tmp_path / "kept", tmp_path / "demo"
    settings.CONNECT_FOLDERS = (settings.DEMO_FOLDER,)
    apis = [
        {"slug": "orders", "title": "Orders", "team": "Logistics", "running": True},
        {"slug": "ledger", "title": "Ledger", "team": "Payments", "running": False},
    ]
    start = datetime(2026, 3, 3, 10, tzinfo=UTC)
    walk = [line(start + timedelta(seconds=6 * number), "walker", f"/o/{number + 1}") for number in range(40)]
    zap = {
        "@programName": "ZAP", "created": "2026-03-03T04:00:00Z", "site": [{"@name": "https://api.shop.example",
        "alerts": [{"pluginid": "1", "name": "Leak", "riskcode": "3", "confidence": "3", "cweid": "200",
        "instances": [{"uri": "https://api.shop.example/o/7", "method": "GET", "param": ""}]}]}],
    }  # fmt: skip
    write(settings.DEMO_SOURCE / "apis.json", json.dumps(apis))
    write(settings.DEMO_SOURCE / "lab.json", json.dumps({"first_day": "2026-03-02", "days": 2}))
    server = "https://api.shop.example"
    write(settings.DEMO_SOURCE / "specifications" / "orders.json", openapi("Orders", "/o/{id}", server=server))
    write(settings.DEMO_SOURCE / "specifications" / "ledger.json", openapi("Ledger", "/entries"))
    write(settings.DEMO_SOURCE / "logs" / "access.json", "\n".join(walk))
    write(settings.DEMO_SOURCE / "reports" / "zap.json", json.dumps(zap))


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def go_on(most: int = 200) -> int:
    """Do the jobs that wait, as workers would a minute later; return how many were done."""
    done, now = 0, timezone.now() + timedelta(minutes=1)
    soon = Q(not_before=None) | Q(not_before__lte=now + timedelta(minutes=10))
    while (job := Job.objects.filter(soon, state="queued").order_by("created_at").first()) and done < most:
        Job.objects.filter(pk=job.pk).update(not_before=None)
        run_job(job_id=job.pk, now=now)
        done += 1
    return done
