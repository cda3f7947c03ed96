"""The real gateway of the lab: nginx with ModSecurity and the OWASP rules in front of the apps, on loopback.

The moment of a request is simulated: the client sends it as `X-Lab-Time`, and the gateway logs it in place of its own
clock. Likewise `X-Lab-Client` is logged as the client's address. The firewall's own clock cannot be told; its records
hold the header, and `redated` puts it in the place of the real moment.
"""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.lab.estate import Service

RULES: Final = Path("/usr/share/modsecurity-crs/rules")
SETUP: Final = Path("/etc/modsecurity/crs/crs-setup.conf")
MODULES: Final = Path("/usr/lib/nginx/modules")
PACKAGES: Final = ("nginx", "libnginx-mod-http-modsecurity", "modsecurity-crs")

NGINX: Final = """
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_modsecurity_module.so;
daemon off;
worker_processes 1;
user root;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  server_tokens off;
  keepalive_requests 100000;
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Lab-Client;
  map $http_x_lab_time $lab_time {{ "" $time_iso8601; default $http_x_lab_time; }}
  map $http_x_lab_time $month {{ {months} }}
  map $http_x_lab_time $lab_local {{
    default $time_local;
    "~^(?<year>[0-9]+)-[0-9]+-(?<day>[0-9]+)T(?<clock>[0-9:]+)" "$day/$month/$year:$clock +0000";
  }}
  map $http_authorization $by_header {{ default none; "~*^bearer " bearer; "~*^basic " basic; }}
  map $http_x_api_key $auth {{ "" $by_header; default key; }}
  log_format lab escape=json '{{"time":"$lab_time","remote_addr":"$remote_addr","host":"$host",'
    '"method":"$request_method","uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,'
    '"request_time":$request_time,"user_agent":"$http_user_agent","auth":"$auth",'
    '"client_id":"$upstream_http_x_client_id","referer":"$http_referer"}}';
  log_format usual '$remote_addr - - [$lab_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"';
  access_log {home}/access.json lab buffer=64k flush=1s;
  access_log {home}/access.log usual buffer=64k flush=1s;
  modsecurity on;
  modsecurity_rules_file {home}/modsecurity.conf;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_hide_header X-Client-Id;
{upstreams}
{servers}
}}
"""

MODSECURITY: Final = """
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRule REQUEST_HEADERS:Content-Type "application/json" \
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^403$"
SecAuditLogParts ABFHZ
SecAuditLogType Serial
SecAuditLogFormat JSON
SecAuditLog {home}/audit.log
SecTmpDir {home}
SecDataDir {home}
Include {setup}
SecAction "id:900200,phase:1,nolog,pass,t:none,setvar:'tx.allowed_methods=GET HEAD POST PUT PATCH DELETE OPTIONS'"
Include {rules}/*.conf
"""

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Missing(Exception):  # noqa: N818 - named for what people are told
    """A program of the lab is not installed; the text says which packages have it."""


def check() -> None:
    """Raise Missing when the gateway cannot run here."""
    if shutil.which("nginx") is None or not RULES.is_dir() or not (MODULES / "ngx_http_modsecurity_module.so").exists():
        msg = f"The lab needs the Debian packages {', '.join(PACKAGES)}."
        raise Missing(msg)


class Gateway:
    """nginx in a folder of its own; `ports` maps the slug of each API to that of its app."""

    def __init__(self, home: Path, services: Iterable[Service], ports: Mapping[str, int]) -> None:
        check()
        self.home = home
        self.port, self.tls_port = _free_port(), _free_port()
        _make_certificate(home)
        services = tuple(services)
        (home / "modsecurity.conf").write_text(MODSECURITY.format(home=home, setup=SETUP, rules=RULES))
        months = " ".join(f'"~^[0-9]+-{number:02}-" {name};' for number, name in enumerate(MONTHS, 1))
        (home / "nginx.conf").write_text(
            NGINX.format(
                modules=MODULES, home=home, months=months, upstreams=_upstreams(services, ports),
                servers=self._servers(services),
            )
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def _servers(self, services: Iterable[Service]) -> str:
        by_host: dict[str, list[Service]] = {}
        for service in services:
            by_host.setdefault(service.host, []).append(service)
        return "\n".join(self._server(host, held) for host, held in by_host.items())

    def _server(self, host: str, services: list[Service]) -> str:
        places = "".join(
            f"    location {service.path}/ {{ proxy_pass http://{service.slug}/; }}\n" for service in services
        )
        listens = [f"listen 127.0.0.1:{self.port};"]
        if services[0].base.startswith("https"):
            listens.append(f"listen 127.0.0.1:{self.tls_port} ssl;")
            listens.append(f"ssl_certificate {self.home}/lab.pem; ssl_certificate_key {self.home}/lab.key;")
        head = "\n    ".join(listens)
        return f"  server {{\n    {head}\n    server_name {host};\n{places}    location / {{ return 404; }}\n  }}"

    def start(self) -> None:
        """Start it, and return once it answers."""
        nginx = shutil.which("nginx") or "nginx"
        self.process = subprocess.Popen([nginx, "-c", str(self.home / "nginx.conf"), "-p", str(self.home)])
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        msg = f"nginx does not answer: {(self.home / 'error.log').read_text()[-500:]}"
        raise Missing(msg)

    def stop(self) -> None:
        """Stop it, with what it has still to write written."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


def _upstreams(services: Iterable[Service], ports: Mapping[str, int]) -> str:
    return "\n".join(
        f"  upstream {service.slug} {{ server 127.0.0.1:{ports[service.slug]}; keepalive 8; }}" for service in services
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _make_certificate(home: Path) -> None:
    """Make the gateway's own certificate: signed by itself, with a short key, as a scanner is to find."""
    openssl = shutil.which("openssl")
    if openssl is None:
        msg = "The lab needs the Debian package openssl."
        raise Missing(msg)
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=harbourline"]
    subprocess.run(
        [*command, "-keyout", str(home / "lab.key"), "-out", str(home / "lab.pem")], check=True, capture_output=True
    )


def redated(lines: Iterable[str]) -> Iterator[tuple[datetime, str]]:
    """Yield the firewall's records with the simulated moment in place of the real one, and without the lab's headers.

    Records of requests that came without one (none of the lab's own) are left out.
    """
    for line in lines:
        record = json.loads(line)
        held = record["transaction"]
        headers = held["request"]["headers"]
        named = {name.lower(): name for name in headers}
        if "x-lab-time" not in named:
            continue
        moment = datetime.fromisoformat(headers.pop(named["x-lab-time"]))
        headers.pop(named.get("x-lab-client", ""), None)
        held["time_stamp"] = f"{moment:%a %b} {moment.day:>2} {moment:%H:%M:%S %Y}"
        answer = held.get("response", {}).get("headers", {})
        if "Date" in answer:
            answer["Date"] = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
        yield moment, json.dumps(record, ensure_ascii=False, separators=(",", ":"))
