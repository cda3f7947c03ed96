"""Settings from the environment, from `*_FILE` secrets and from the home directory; wrong values stop the start."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from posture.keys import KeyRing, SealKey, parse_keys
from posture.variables import BY_NAME

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def env_text(name: str) -> str:
    """Return a setting as written; what an operator left out or left blank is the default of `posture.variables`."""
    return os.environ.get(name) or BY_NAME[name].default


def env_bool(name: str) -> bool:
    """Return a yes/no setting; anything but the usual spellings is refused."""
    raw = os.environ.get(name, BY_NAME[name].default)
    if raw.lower() in TRUE:
        return True
    if raw.lower() in FALSE:
        return False
    msg = f"{name} is {raw!r}; write 1 or 0."
    raise ImproperlyConfigured(msg)


def env_int(name: str) -> int:
    """Return a whole number; anything else is refused."""
    raw = os.environ.get(name, BY_NAME[name].default)
    try:
        return int(raw)
    except ValueError:
        msg = f"{name} is {raw!r}; write a whole number."
        raise ImproperlyConfigured(msg) from None


def env_list(name: str) -> list[str]:
    """Return a comma-separated list without blanks."""
    return [part.strip() for part in os.environ.get(name, BY_NAME[name].default).split(",") if part.strip()]


def env_secret(name: str, path: Path) -> str:
    """Return a secret from `NAME`, else the file `NAME_FILE` names, else `path`.

    Raises ImproperlyConfigured when none of the three holds it.
    """
    if value := os.environ.get(name):
        return value
    source = Path(os.environ.get(f"{name}_FILE") or path)
    try:
        value = source.read_text().strip()
    except OSError as error:
        msg = f"The secret {name} is missing: {source} cannot be read ({error.strerror})."
        raise ImproperlyConfigured(msg) from error
    if not value:
        msg = f"The secret {name} is empty in {source}."
        raise ImproperlyConfigured(msg)
    return value


def env_keys(name: str, path: Path) -> Sequence[SealKey]:
    """Return the keys that seal, as `env_secret` finds them; those of a file follow the file."""
    text = env_secret(name, path)
    return parse_keys(text) if os.environ.get(name) else KeyRing(Path(os.environ.get(f"{name}_FILE") or path))


def env_secret_or(name: str, default: str) -> str:
    """Return a secret from `NAME`, else the file `NAME_FILE` names, else the default. A named file must be there."""
    if os.environ.get(name) or os.environ.get(f"{name}_FILE"):
        return env_secret(name, Path())
    return default


def services(home: Path) -> dict[str, str]:
    """Return the addresses of the database and Redis: from the environment, else as the supervisor wrote them.

    Keys: `database_url`, `database_owner_url`, `redis_url`; one that is known nowhere is the empty string.
    """
    try:
        written: dict[str, str] = json.loads((home / "services.json").read_text())
    except OSError:
        written = {}
    names = ("database_url", "database_owner_url", "redis_url")
    found = {name: os.environ.get(name.upper()) or written.get(name, "") for name in names}
    found["database_owner_url"] = found["database_owner_url"] or found["database_url"]
    return found


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a `postgresql://` URL; the host may be a socket directory in `?host=`.

    Raises ImproperlyConfigured when the URL names no PostgreSQL database.
    """
    parts = urlsplit(url)
    if url and parts.scheme not in {"postgres", "postgresql"}:
        msg = f"DATABASE_URL starts with {parts.scheme!r}; Posture needs a postgresql:// address."
        raise ImproperlyConfigured(msg)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", parts.port or "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "posture", **options},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The way out for mail; `backend` is the module of Django's, `dummy` where there is none."""

    backend: str = "dummy"
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = False
    folder: str = ""


def mail(url: str) -> Mail:
    """Return where mail goes: `smtp://`, `smtp+starttls://` or `smtps://` with user and password, or `file:///folder`.

    Raises ImproperlyConfigured for any other address.
    """
    if not url:
        return Mail()
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return Mail(backend="filebased", folder=unquote(parts.path))
    ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        msg = "MAIL_URL is not understood; write smtp+starttls://user:password@host:587, smtps://… or file:///folder."
        raise ImproperlyConfigured(msg)
    return Mail(
        backend="smtp",
        host=parts.hostname,
        port=parts.port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp+starttls",
    )
