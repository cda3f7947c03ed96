"""What the person wants of a start: the arguments, the environment, and what can be checked before anything starts."""

import argparse
import http.client
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from posture.supervisor.broker import answers
from posture.supervisor.home import locate
from posture.supervisor.trouble import Trouble
from posture.variables import BY_NAME, VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST_PORT = 65_535
SHOWN = ("POSTURE_HOME", "PORT", "HOST", "DEMO", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_POSTGRES")
OWN_DATABASE = """\
A database of your own (PostgreSQL 15 to 18), once, as its superuser; then set both addresses:
  CREATE ROLE posture_owner LOGIN PASSWORD '...';
  CREATE ROLE posture_application LOGIN PASSWORD '...';
  CREATE DATABASE posture OWNER posture_owner;
  \\connect posture
  CREATE EXTENSION pg_trgm;
  GRANT USAGE ON SCHEMA public TO posture_application;
  DATABASE_URL=postgresql://posture_application:...@host/posture
  DATABASE_OWNER_URL=postgresql://posture_owner:...@host/posture
"""


def describe(parser: argparse.ArgumentParser) -> None:
    """Give a parser the words of `manage.py up --help`."""
    parser.description = "Start Posture: database, Redis, web server, workers and clock, until Ctrl-C."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    listed = [f"  {item.name:<20}{item.meaning}" for item in VARIABLES if item.name in {*SHOWN, "REDIS_SERVER"}]
    parser.epilog = "\n".join(["Environment:", *listed, "", OWN_DATABASE])


@dataclass(frozen=True, slots=True)
class Wishes:
    """One start: where, and under which address."""

    home: Path
    host: str
    port: int
    base_url: str

    def web_problem(self) -> str:
        """Return why the web server cannot have its port, or the empty string."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
                probe.listen(1)
            except OSError as error:
                return error.strerror or str(error)
        return ""

    def web_answers(self) -> bool:
        """Return whether the web server answers a page with anything but a server error."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        line = http.client.HTTPConnection(host, self.port, timeout=2)
        try:
            line.request("GET", "/login/", headers={"Host": f"localhost:{self.port}"})
            return line.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


def read(environ: Mapping[str, str]) -> Wishes:
    """Return the wishes of the environment; raises Trouble with one line for the first that cannot be."""
    raw = environ.get("PORT") or BY_NAME["PORT"].default
    if not raw.isdecimal() or not 0 < int(raw) <= LARGEST_PORT:
        msg = f"PORT is {raw!r}; write a number from 1 to {LARGEST_PORT}."
        raise Trouble(msg)
    host = environ.get("HOST") or BY_NAME["HOST"].default
    base_url = environ.get("BASE_URL") or f"http://localhost:{raw}"
    return Wishes(locate(environ, ROOT), host, int(raw), base_url.rstrip("/"))


def check_addresses(environ: Mapping[str, str]) -> None:
    """See that the services the environment names can be reached; raises Trouble with one line."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if problem := environ.get(name) and _database_problem(environ[name]):
            msg = f"{name} is set, but {problem}. Correct it, or unset it to let Posture start its own PostgreSQL."
            raise Trouble(msg)
    if problem := environ.get("REDIS_URL") and answers(environ["REDIS_URL"]):
        where = urlsplit(environ["REDIS_URL"])
        place = where.path if where.scheme in {"redis+socket", "unix"} else f"{where.hostname}:{where.port or 6379}"
        msg = (
            f"REDIS_URL is set, but no Redis answers at {place}: {problem}. "
            "Correct it, or unset it to let Posture start its own Redis."
        )
        raise Trouble(msg)


def _database_problem(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"postgres", "postgresql"}:
        return f"starts with {parts.scheme!r}, not postgresql://"
    query = parse_qs(parts.query)
    host = query.get("host", [unquote(parts.hostname or "localhost")])[0]
    try:
        port = int(query.get("port", [parts.port or 5432])[0])
        if host.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.connect(os.path.join(host, f".s.PGSQL.{port}"))  # noqa: PTH118 - a socket path, not a Path
        else:
            socket.create_connection((host, port), timeout=5).close()
    except (OSError, ValueError) as error:
        return f"no PostgreSQL answers at {host}: {getattr(error, 'strerror', None) or error}"
    return ""


def equal_roles(database_url: str, owner_url: str) -> bool:
    """Return whether the application works as the role that owns the tables."""
    return urlsplit(database_url).username == urlsplit(owner_url).username
