"""Real scanners at the lab: those that are installed, each bounded; one that is missing is named and left out.

They are found on PATH: schemathesis, semgrep, bandit and sslyze from PyPI, spectral with its OWASP rules from npm
(`LAB_NODE` names the folder of `node_modules`), sqlmap and wapiti from Debian. They reach the apps on loopback; in what
is kept the company's addresses stand in place of those, and nothing tells of the machine.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.lab import tokens
from tests.lab.estate import RUNNING, Service, specification
from tests.lab.gateway import Gateway
from tests.lab.serving import KEYS
from tests.lab.traffic import DAYS, FIRST_DAY

HERE: Final = Path(__file__).parent
MOST_SECONDS: Final = 120
SCANNED: Final = FIRST_DAY + timedelta(days=DAYS - 1, hours=3)


def scan(home: Path, kept: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Let every scanner look, keep its reports, and return a line about each."""
    reports = kept / "reports"
    (reports / "code").mkdir(parents=True)
    work = home / "scans"
    work.mkdir()
    told = {}
    looks: tuple[tuple[str, Callable[[Path, Path, Mapping[str, int]], str]], ...] = (
        ("schemathesis", _schemathesis), ("spectral", _spectral), ("semgrep", _semgrep), ("bandit", _bandit),
        ("sqlmap", _sqlmap), ("wapiti", _wapiti), ("sslyze", _sslyze),
    )  # fmt: skip
    for name, look in looks:
        if shutil.which(name) is None:
            told[name] = "not installed"
            continue
        try:
            told[name] = look(work, reports, ports)
        except (subprocess.TimeoutExpired, OSError, ValueError, KeyError) as error:
            told[name] = f"gave nothing: {type(error).__name__}"
    return told


def _run(*command: str | Path, cwd: Path = HERE, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=MOST_SECONDS,
        env={**os.environ, "PYTHONHASHSEED": "0", "NO_COLOR": "1", **environment},
    )  # fmt: skip
    return done.stdout + done.stderr


def _named(text: str, ports: Mapping[str, int]) -> str:
    """Return a text with the company's addresses in place of those on loopback."""
    for service in RUNNING:
        text = re.sub(rf"http://(?:127\.0\.0\.1|localhost):{ports[service.slug]}\b", service.base, text)
    return re.sub(r"(?:127\.0\.0\.1|localhost):\d+", "api.harbourline.example", text)


def _at(service: Service, ports: Mapping[str, int]) -> str:
    return f"http://127.0.0.1:{ports[service.slug]}"


def _schemathesis(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    count = 0
    for service in RUNNING:
        document = work / f"{service.slug}.json"
        document.write_text(specification(service, server=_at(service, ports)))
        to = work / f"schemathesis-{service.slug}.xml"
        token = tokens.made("c-1000", issued=SCANNED.timestamp())
        _run(
            "schemathesis", "run", document, "--url", _at(service, ports), "--report", "junit", "--report-junit-path",
            to, "--max-examples", "8", "--seed", "1", "--generation-deterministic", "--phases", "examples,fuzzing",
            "--max-time", "20", "-H", f"Authorization: Bearer {token}", "-H", f"X-Api-Key: {next(iter(KEYS))}",
            "--workers", "1", cwd=work,
        )  # fmt: skip
        if to.exists():
            text = re.sub(r' timestamp="[^"]*"', f' timestamp="{SCANNED:%Y-%m-%dT%H:%M:%S}+00:00"', to.read_text())
            text = re.sub(r' hostname="[^"]*"| time="[^"]*"', "", text)
            (reports / to.name).write_text(_named(text.replace(f"{work}/", ""), ports))
            count += text.count("<failure")
    return f"{count} failures in {len(RUNNING)} APIs"


def _spectral(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    del ports
    kept = reports.parent / "specifications"
    rules = work / "rules.mjs"
    shutil.copy(HERE / "rules" / "spectral.js", rules)
    (work / "node_modules").symlink_to(os.environ["LAB_NODE"])
    names = sorted(path.name for path in kept.iterdir())
    found = _run("spectral", "lint", *(kept / name for name in names), "-r", rules, "-f", "json", "-q", cwd=work)
    (reports / "specifications").mkdir()
    held: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(found[found.index("[") : found.rindex("]") + 1]):
        name = Path(entry["source"]).name
        held.setdefault(name, []).append(entry | {"source": name})
    for name, entries in held.items():
        (reports / "specifications" / name).write_text(json.dumps(entries, indent=1) + "\n")
    return f"{sum(map(len, held.values()))} results in {len(names)} specifications"


def _semgrep(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    del ports
    to = work / "semgrep.json"
    shutil.copytree(HERE / "apps", work / "apps")  # by itself: Semgrep passes over folders called tests
    (work / "rules").mkdir()
    shutil.copy(HERE / "rules" / "lab.yaml", work / "rules")  # a rule is called after the path to its file
    _run(
        "semgrep", "scan", "--metrics", "off", "--disable-version-check", "--no-git-ignore", "--config",
        "rules/lab.yaml", "--json", "--output", to, "apps", cwd=work,
    )  # fmt: skip
    found = json.loads(to.read_text())
    kept = {name: found[name] for name in ("version", "results", "errors", "paths")}
    (reports / "code" / "semgrep.json").write_text(json.dumps(kept, indent=1) + "\n")
    return f"{len(found['results'])} results"


def _bandit(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    del ports
    to = work / "bandit.json"
    _run("bandit", "-r", "apps", "-f", "json", "-o", to)
    found = json.loads(to.read_text())
    found["generated_at"] = f"{SCANNED:%Y-%m-%dT%H:%M:%S}Z"
    (reports / "code" / "bandit.json").write_text(json.dumps(found, indent=1) + "\n")
    return f"{len(found['results'])} results"


def _sqlmap(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    service = next(one for one in RUNNING if one.slug == "tracking")
    told = _run(
        "sqlmap", "-u", f"{_at(service, ports)}/v1/track/HL7001*", "--batch", "--level", "1", "--risk", "1",
        "--technique", "B", "--threads", "1", "--output-dir", work / "sqlmap", "--flush-session", "--disable-coloring",
    )  # fmt: skip
    found = re.findall(r"^\s+Type: (.+)$", told, re.MULTILINE)
    rows = [
        _result("sql-injection", "error", f"{kind} in the path", f"{service.base}/v1/track/HL7001", 89)
        for kind in dict.fromkeys(found)
    ]
    _keep_sarif(reports / "sqlmap.sarif", "sqlmap", rows)
    return f"{len(rows)} injections"


def _wapiti(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    service = next(one for one in RUNNING if one.slug == "tracking")
    to = work / "wapiti.json"
    _run(
        "wapiti", "-u", f"{_at(service, ports)}/v1/offices?city=Hamburg", "-f", "json", "-o", to, "--scope", "page",
        "--max-scan-time", "60", "--flush-session", "--store-session", work / "wapiti", "--no-bugreport",
        HOME=str(work),
    )  # fmt: skip
    found = json.loads(to.read_text())
    rows = [
        _result(
            _slug(category), ("note", "note", "warning", "error", "error")[min(int(one["level"]), 4)],
            str(one["info"]), service.base + str(one["path"]).removeprefix(_at(service, ports)), None,
        )
        for category, ones in found["vulnerabilities"].items()
        for one in ones
    ]  # fmt: skip
    _keep_sarif(reports / "wapiti.sarif", "Wapiti", rows)
    return f"{len(rows)} vulnerabilities"


def _sslyze(work: Path, reports: Path, ports: Mapping[str, int]) -> str:
    to = work / "sslyze.json"
    own = work / "tls"
    own.mkdir()
    gateway = Gateway(own, RUNNING, ports)
    gateway.start()
    try:
        _run("sslyze", f"127.0.0.1:{gateway.tls_port}", "--json_out", to)
    finally:
        gateway.stop()
    result = json.loads(to.read_text())["server_scan_results"][0]["scan_result"]
    base = f"https://{RUNNING[0].host}/"
    rows = []
    deployments = result["certificate_info"]["result"]["certificate_deployments"]
    if any(
        not one["was_validation_successful"]
        for deployment in deployments for one in deployment["path_validation_results"]
    ):  # fmt: skip
        rows.append(
            _result("certificate-not-trusted", "error", "The certificate is signed by nobody known.", base, 295)
        )
    for name, words in (("tls_1_0", "TLS 1.0"), ("tls_1_1", "TLS 1.1"), ("ssl_3_0", "SSL 3.0")):
        if result[f"{name}_cipher_suites"]["result"]["accepted_cipher_suites"]:
            rows.append(_result(f"old-{name}", "warning", f"{words} is spoken.", base, 326))
    _keep_sarif(reports / "sslyze.sarif", "SSLyze", rows)
    return f"{len(rows)} weaknesses"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _result(rule: str, level: str, text: str, url: str, cwe: int | None) -> dict[str, Any]:
    return {
        "ruleId": rule, "level": level, "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": url}}}],
        **({"taxa": [{"id": str(cwe), "toolComponent": {"name": "CWE"}}]} if cwe else {}),
    }  # fmt: skip


def _keep_sarif(to: Path, tool: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what a tool told in a form of its own as SARIF, which is read."""
    run = {
        "tool": {"driver": {"name": tool, "rules": [{"id": rule} for rule in sorted({row["ruleId"] for row in rows})]}},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": f"{SCANNED:%Y-%m-%dT%H:%M:%S}Z"}],
        "results": rows,
    }
    to.write_text(json.dumps({"version": "2.1.0", "runs": [run]}, indent=1) + "\n")
