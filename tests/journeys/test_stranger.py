"""A stranger's script: a token and the standard library, against the running product, on files made a moment ago."""

import csv
import io
import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from findings.identity import OWN_CHECKS
from tests.conftest import ROOT
from tests.journeys.conftest import Stack
from tests.product import OURS

BOUNDARY = "a-boundary-of-the-script"


class Script:
    """Speaks to the API with a token and nothing else."""

    def __init__(self, base_url: str, token: str) -> None:
        self.root = f"{base_url}/api/v1/"
        self.token = token

    def ask(self, address: str, body: bytes | None = None, kind: str = "", key: str = "") -> tuple[int, str]:
        """Return status and text of an answer; with a body it is a POST."""
        address = address if address.startswith("http") else self.root + address
        headers = {"Authorization": f"Bearer {self.token}"}
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {"Idempotency-Key": key} if key else {}
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - our own product
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def get(self, address: str) -> Any:
        """Return what an address answers."""
        status, text = self.ask(address)
        assert status == 200, text
        return json.loads(text)

    def every(self, address: str) -> Iterator[Any]:
        """Yield the rows of all pages of a list."""
        page = self.get(address)
        yield from page["results"]
        while page["next"]:
            page = self.get(page["next"])
            yield from page["results"]

    def send(self, name: str, content: bytes, key: str = "", **said: str) -> str:
        """Upload a file and return the job's id."""
        fields = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in said.items()
        )
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = fields.encode() + head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        status, text = self.ask("reports/", body, f"multipart/form-data; boundary={BOUNDARY}", key)
        assert status == 202, text
        job: str = json.loads(text)["job"]
        return job

    def wait(self, job: str) -> Any:
        """Return the job once it has ended."""
        end = time.monotonic() + 60
        while (told := self.get(f"jobs/{job}/"))["state"] in {"queued", "running"}:
            assert time.monotonic() < end, told
            time.sleep(0.1)
        return told


@pytest.fixture(scope="module")
def script(stack: Stack) -> Script:
    email, _ = stack.people["Security manager"]
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    made = subprocess.run(
        [sys.executable, "manage.py", "create_token", "--user", email],
        cwd=ROOT, env={**environment, "POSTURE_HOME": str(stack.home)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert made.stdout.count("\n") == 1
    assert made.stderr.count("\n") == 1
    return Script(stack.base_url, made.stdout.strip())


def specification(name: str, host: str, paths: list[str]) -> bytes:
    document = {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "7.1"},
        "servers": [{"url": f"https://{host}/base"}],
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "security": [{"key": []}],
        "paths": {path: {"get": {"responses": {"200": {"description": "ok"}}}} for path in paths},
    }
    return json.dumps(document).encode()


def told_by_scanners(findings: Iterable[Any]) -> list[Any]:
    """Return findings without those that the product's own checks make."""
    return [each for each in findings if each["source_kind"] != OWN_CHECKS]


def log(host: str, at: str, *found: tuple[str, str, str]) -> bytes:
    results = [
        {
            "ruleId": rule,
            "level": level,
            "message": {"text": f"{rule} on {path}"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": f"https://{host}/base{path}"}}}],
        }
        for rule, level, path in found
    ]
    run = {
        "tool": {"driver": {"name": "A Strangers Scanner", "version": "0.1"}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": at}],
        "results": results,
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


@dataclass(frozen=True)
class Ferry:
    """An API nobody has heard of, taken in by the script."""

    code: str
    host: str
    paths: list[str]


@pytest.fixture(scope="module")
def ferry(script: Script) -> Ferry:
    """Send a specification in, twice under one key, and find what came of it."""
    chance = random.Random()
    name, host = f"Ferry {uuid4().hex[:8]}", f"{uuid4().hex[:12]}.example"
    paths = [f"/{uuid4().hex[:6]}z/{{id}}" for _ in range(chance.randrange(3, 9))]
    key = str(uuid4())
    job = script.send("ferry.json", specification(name, host, paths), key=key)
    assert script.send("ferry.json", specification(name, host, paths), key=key) == job
    told = script.wait(job)
    assert (told["state"], told["error"], told["result"]["created"]) == ("done", None, len(paths))
    (api,) = [each for each in script.every("apis/?page_size=1") if each["name"] == name]
    assert (api["version"], api["base_urls"]) == ("7.1", [f"https://{host}/base"])
    return Ferry(api["code"], host, paths)


def test_the_endpoints_are_those_of_the_specification(script: Script, ferry: Ferry) -> None:
    endpoints = list(script.every(f"endpoints/?api={ferry.code}&page_size=2"))
    assert sorted(each["path"] for each in endpoints) == sorted(ferry.paths)
    assert {each["authentication"] for each in endpoints} == {"declared"}


def test_two_nightly_scans_open_score_and_close_findings(script: Script, ferry: Ferry) -> None:
    paths = ferry.paths
    first = [("injection", "error", paths[0]), ("leak", "warning", paths[1]), ("note", "note", paths[2])]
    told = script.wait(script.send("scan.sarif", log(ferry.host, "2026-01-02T03:04:05Z", *first), series="nightly"))
    counts = {name: told["result"][name] for name in ("created", "closed", "reopened", "skipped", "unmapped")}
    assert counts == {"created": 3, "closed": 0, "reopened": 0, "skipped": 0, "unmapped": 0}, told
    findings = told_by_scanners(script.every(f"findings/?api={ferry.code}&page_size=1"))
    assert sorted(each["rule"] for each in findings) == ["injection", "leak", "note"]

    end = time.monotonic() + 30
    codes = {each["code"] for each in findings}
    # The plan is of this moment, the score of its last computing.
    while not (
        (score := script.get(f"apis/{ferry.code}/score/"))["score"]
        and score["plan"]
        and score["plan"][0]["key"] in codes
    ):
        assert time.monotonic() < end, score
        time.sleep(0.2)
    assert 0 < score["score"] <= score["inherent"] <= 100
    assert abs(sum(factor["points"] for factor in score["factors"]) - score["score"]) < 0.006

    told = script.wait(script.send("scan.sarif", log(ferry.host, "2026-01-03T03:04:05Z", *first[1:]), series="nightly"))
    assert (told["result"]["closed"], told["result"]["unchanged"]) == (1, 2)
    closed = told_by_scanners(script.every(f"findings/?api={ferry.code}&status=closed"))
    assert [each["rule"] for each in closed] == ["injection"]
    reports = [each for each in script.every("reports/") if ferry.code in each["apis"]]
    assert [each["counts"]["closed"] for each in reports] == [1, 0]
    status, table = script.ask(f"export/apis/{ferry.code}/findings.csv?status=any")
    assert status == 200
    assert len([row for row in csv.DictReader(io.StringIO(table)) if row["Source"] != OWN_CHECKS]) == 3


def test_what_is_torn_fails_its_job_with_one_sentence(script: Script) -> None:
    torn = specification("Torn", "torn.example", ["/a"])[:-40]
    told = script.wait(script.send("torn.json", torn))
    assert told["state"] == "failed"
    assert "torn.json" in told["error"]
    assert "\n" not in told["error"]
    assert not list(script.every("apis/?q=Torn"))


def test_the_script_is_told_what_it_may_not_do(script: Script) -> None:
    status, text = script.ask("decisions/", b'{"findings": ["x"], "kind": "triaged"}', "application/json")
    assert (status, json.loads(text)["error"]["code"]) == (403, "forbidden")
    # What is refused before it is read is refused readably: most clients send to the end before they listen.
    status, text = script.ask("decisions/", b'"' + b"x" * 30_000_000 + b'"', "application/json")
    assert (status, json.loads(text)["error"]["code"]) == (403, "forbidden")
    status, text = script.ask("reports/", b'"' + b"x" * 30_000_000 + b'"', "application/json")
    assert (status, json.loads(text)["error"]["code"]) == (415, "unsupported_media_type")
    stranger = Script(script.root.removesuffix("/api/v1/"), "posture_" + "A" * 43)
    assert stranger.ask("apis/")[0] == 401
    assert script.ask("apis/?colour=red")[0] == 400
