"""Real documents go in by the page and come out as their index says. Needs the corpus; see `POSTURE_CORPUS`."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.test import Client

from findings.models import Finding, Report
from inventory.access.models import User
from inventory.jobs.models import Job
from inventory.models import Endpoint, Specification
from tests.conftest import CORPUS, TOLD, RecordProperty
from tests.findings.reports import analyst, settle, told

INDEX = CORPUS / "INDEX.json"
pytestmark = [
    pytest.mark.skipif(not INDEX.exists(), reason=f"the corpus is not at {CORPUS}"),
    pytest.mark.usefixtures("fresh_database"),
]


def documents(kind: str) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = json.loads(INDEX.read_text())["files"]
    return [entry for entry in files if entry["format"] == kind]


def path_of(entry: dict[str, Any]) -> Path:
    return CORPUS.parent / str(entry["file"])


@pytest.fixture
def client(settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    client = Client()
    client.force_login(User.objects.get(pk=analyst().user_id or 0))
    return client


def put_in(client: Client, path: Path, **said: str) -> Job:
    """Upload a file by the page and do what it asks for."""
    file = SimpleUploadedFile(path.name, path.read_bytes())
    answer = client.post("/upload/", {"file": file, **said})
    assert answer.status_code == 302, answer.content.decode()
    settle()
    return Job.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def test_every_specification_brings_its_operations(client: Client, record_property: RecordProperty) -> None:
    lines = []
    for entry in documents("openapi"):
        job = put_in(client, path_of(entry))
        assert job.state == "done", f"{entry['file']}: {job.error}"
        specification = Specification.objects.order_by("-pk").first()
        assert specification is not None
        held = Endpoint.objects.filter(api=specification.api, documented=True)
        spelled = sum(len(endpoint.spellings) for endpoint in held)
        want = entry["expected"]["operations"]
        lines.append(f"{spelled:>5} of {want:>5}  {path_of(entry).name}")
        assert spelled == want, lines[-1]
        # Two spellings of one key are one endpoint, as open as the more open one.
        if spelled == held.count():
            silent = held.exclude(authentication="declared").count()
            assert silent == entry["expected"]["operations_without_security"], lines[-1]
            assert held.filter(deprecated=True).count() == entry["expected"]["deprecated_operations"], lines[-1]
    record_property(TOLD, "\n".join(["Operations of the corpus's specifications, by the page:", *lines]))


def test_every_sarif_log_brings_its_results(client: Client, record_property: RecordProperty) -> None:
    lines = []
    for entry in documents("sarif"):
        job = put_in(client, path_of(entry))
        assert job.state == "done", f"{entry['file']}: {job.error}"
        report = Report.objects.get(job=job)
        want = entry["raw_items"]["sarif_results"]
        mine = Finding.objects.filter(presences__from_scan__parts__report=report).distinct()
        instances = mine.aggregate(count=Coalesce(Sum("instances"), 0))["count"]
        lines.append(f"{told(job)['entries']:>5} of {want:>5}  {mine.count():>5} findings  {path_of(entry).name}")
        assert told(job)["entries"] == want, lines[-1]
        assert instances >= want, lines[-1]
    record_property(TOLD, "\n".join(["Results of the corpus's SARIF logs, by the page:", *lines]))


def test_the_same_bytes_again_change_nothing_and_say_so(client: Client) -> None:
    for kind in ("openapi", "sarif"):
        for entry in documents(kind)[:6]:
            put_in(client, path_of(entry))
            again = put_in(client, path_of(entry))
            said = told(again)
            assert said["created"] == said["updated"] == 0, entry["file"]
            assert "nothing changed" in said.get("note", "") or said.get("unmapped") or not said["entries"], said
