"""What the lab's small APIs are made of: routes, answers, and a server on loopback for each.

The gateway in front sends `X-Lab-Time`, the simulated moment, so that a token is over when its simulated time is; and
it takes `X-Client-Id` out of answers and logs it: a hash of who signed, made where the token is understood.
"""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

from tests.lab import tokens

MOST_BODY: Final = 1 << 20
KEYS: Final = {"hl-key-partner-7f31": "partner-northway", "hl-key-yard-02ac": "yard-scanner"}
"""API keys of the lab's machines, and who they are."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `named` holds what stood in the path's parameters, `subject` who signed it, or nothing."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    now: float
    named: dict[str, str] = field(default_factory=dict)
    subject: str = ""

    def sent(self) -> dict[str, Any]:
        """Return the JSON object that was sent; anything else is none."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: JSON, or a text of its own type."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"


Handler = Callable[[Ask], Told]
NOT_FOUND: Final = Told(404, {"error": "not found"})


class App:
    """One API: routes under paths with `{}` parameters, each with the credentials it asks for."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.routes: list[tuple[str, re.Pattern[str], str, Handler]] = []

    def route(self, method: str, path: str, auth: str = "none") -> Callable[[Handler], Handler]:
        """Answer `method` on `path`; `auth` is none, bearer or key."""
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

        def keep(handler: Handler) -> Handler:
            self.routes.append((method, pattern, auth, handler))
            return handler

        return keep

    def answer(self, ask: Ask) -> tuple[Told, str]:
        """Return the answer and who signed the request."""
        met = False
        for method, pattern, auth, handler in self.routes:
            found = pattern.fullmatch(ask.path)
            met = met or found is not None
            if found is None or method != ask.method:
                continue
            subject = signed_by(ask)
            if auth != "none" and not subject:
                return Told(401, {"error": "sign in"}), ""
            named = {name: unquote(value) for name, value in found.groupdict().items()}
            inner = Ask(
                ask.method, ask.path, ask.query, ask.headers, ask.body, ask.now, named=named, subject=subject
            )  # fmt: skip
            return handler(inner), subject
        return (Told(405, {"error": "method not allowed"}) if met else NOT_FOUND), ""


def signed_by(ask: Ask) -> str:
    """Return who signed a request with a good token or key."""
    scheme, _, value = ask.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return tokens.subject_of(value, now=ask.now)
    return KEYS.get(ask.headers.get("x-api-key", ""), "")


class _Port(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    app: App

    def _do(self) -> None:
        try:
            length = min(int(self.headers.get("content-length") or 0), MOST_BODY)
        except ValueError:
            length = 0
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        ask = Ask(
            self.command, parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}, headers,
            self.rfile.read(length), _moment(headers.get("x-lab-time", "")),
        )  # fmt: skip
        told, subject = self.app.answer(ask)
        text = told.body if isinstance(told.body, str) else json.dumps(told.body, ensure_ascii=False)
        payload = b"" if told.body is None else text.encode()
        with suppress(ConnectionError):
            self.send_response(told.status)
            self.send_header("Content-Type", told.type)
            self.send_header("Content-Length", str(len(payload)))
            if subject:
                self.send_header("X-Client-Id", hashlib.sha256(subject.encode()).hexdigest()[:12])
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _do  # noqa: N815 - the server's names

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the gateway logs."""


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def serve(app: App) -> ThreadingHTTPServer:
    """Serve an API on a free loopback port, in a thread, until it is shut down."""
    server = _Server(("127.0.0.1", 0), type("Port", (_Port,), {"app": app}))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
