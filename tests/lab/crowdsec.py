"""Real CrowdSec over the gateway's log: its engine reads a log once by the log's own times, as after an incident.

It runs in a folder of its own, with the scenarios of the Debian package, and speaks to nobody.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from tests.lab.gateway import _free_port

SHARED: Final = Path("/etc/crowdsec")
MOST_SECONDS: Final = 300
CONFIG: Final = """
common: {{daemonize: false, log_media: stdout, log_level: warning, working_dir: {home}}}
config_paths:
  config_dir: {home}
  data_dir: {home}/data
  simulation_path: {home}/simulation.yaml
  hub_dir: /var/lib/crowdsec/hub
  index_path: /var/lib/crowdsec/hub/.index.json
  notification_dir: {home}
  plugin_dir: {home}
crowdsec_service: {{acquisition_path: {home}/acquis.yaml, parser_routines: 1}}
cscli: {{output: human}}
db_config: {{type: sqlite, db_path: {home}/data/crowdsec.db, log_level: error, use_wal: true}}
api:
  client: {{credentials_path: {home}/credentials.yaml}}
  server: {{listen_uri: "127.0.0.1:{port}", profiles_path: {home}/profiles.yaml, log_level: error}}
prometheus: {{enabled: false}}
"""


def look(home: Path, to: Path) -> str:
    """Let it read the log of a lab, keep its alerts, and return a line about it."""
    if shutil.which("crowdsec") is None or not (SHARED / "scenarios").is_dir():
        return "not installed; the Debian package crowdsec has it"
    own = home / "crowdsec"
    _prepare(own)
    log = own / "access.log"
    lines = (home / "access.log").read_text().splitlines()
    log.write_text("\n".join(sorted(lines, key=_stamp)) + "\n")
    environment = {**os.environ, "HOME": str(own)}
    config = str(own / "config.yaml")
    server = subprocess.Popen(
        ["crowdsec", "-c", config, "-no-cs"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        alerts, whole = _alerts(config, environment, log)
    finally:
        server.terminate()
        server.wait(20)
    to.parent.mkdir(exist_ok=True)
    to.write_text(json.dumps(alerts, indent=1) + "\n")
    version = subprocess.run(["crowdsec", "-version"], capture_output=True, text=True, check=False)
    name = next((line for line in version.stderr.splitlines() + version.stdout.splitlines() if "version" in line), "")
    cut = "" if whole else f", cut off after {MOST_SECONDS} s"
    return f"{len(alerts)} alerts ({name.split('version:')[-1].strip()[:40]}){cut}"


def _prepare(own: Path) -> None:
    own.mkdir()
    (own / "data").mkdir()
    for name in ("parsers", "scenarios", "collections", "patterns"):
        shutil.copytree(SHARED / name, own / name, symlinks=True)  # it follows links to files, not to folders
    for name in ("profiles.yaml", "simulation.yaml"):
        shutil.copy(SHARED / name, own / name)
    for found in Path("/var/lib/crowdsec/data").iterdir():
        if found.suffix in {".txt", ".mmdb", ".data", ".json"}:
            shutil.copy(found, own / "data" / found.name)
    (own / "acquis.yaml").write_text(f"filenames: [{own}/nothing.log]\nlabels: {{type: nginx}}\n")
    (own / "nothing.log").touch()
    (own / "credentials.yaml").touch()
    (own / "config.yaml").write_text(CONFIG.format(home=own, port=_free_port()))
    subprocess.run(
        ["cscli", "-c", str(own / "config.yaml"), "machines", "add", "lab", "--auto", "--force"], check=True,
        capture_output=True, env={**os.environ, "HOME": str(own)},
    )  # fmt: skip


def _stamp(line: str) -> tuple[str, str]:
    """Return what a line of the combined format sorts by: its second, all are of one month, then what it tells."""
    return line.partition("[")[2].partition("]")[0], line


def _alerts(config: str, environment: dict[str, str], log: Path) -> tuple[list[dict[str, Any]], bool]:
    """Return the alerts, and whether it came to the end of the log in time."""
    time.sleep(2)
    whole = True
    try:
        subprocess.run(
            ["crowdsec", "-c", config, "-no-api", "-dsn", f"file://{log}", "-type", "nginx"], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=MOST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        whole = False
    listed = subprocess.run(
        ["cscli", "-c", config, "alerts", "list", "-o", "json", "-l", "0"], env=environment, capture_output=True,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(listed.stdout) or []
    return sorted((_without_place(alert) for alert in found), key=_in_order), whole


def _in_order(alert: dict[str, Any]) -> tuple[str, str]:
    return str(alert["start_at"]), json.dumps(alert, sort_keys=True)


def _without_place(alert: dict[str, Any]) -> dict[str, Any]:
    """Take out what tells of this run and machine: ids that are chance, its clock, the file's path."""
    for name in ("uuid", "machine_id", "created_at", "id", "source_id"):
        alert.pop(name, None)
    for event in alert.get("events") or ():
        event["meta"] = [pair for pair in event.get("meta") or () if pair["key"] != "datasource_path"]
    for decision in alert.get("decisions") or ():
        for name in ("id", "uuid", "duration"):
            decision.pop(name, None)
    return alert
