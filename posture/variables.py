"""What an operator may set in the environment: the one list behind the settings, the start and the reference."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable; `default` is as an operator would write it, `file` says that `NAME_FILE` works."""

    name: str
    default: str
    meaning: str
    file: bool = False


VARIABLES = (
    Variable(
        "POSTURE_HOME", "", "Directory of keys, blobs and embedded services. Unset: `.posture` beside `manage.py`."
    ),
    Variable("PORT", "8000", "Port of the web server."),
    Variable("HOST", "127.0.0.1", "Address the web server listens on; `0.0.0.0` is every network of the machine."),
    Variable("DEMO", "1", "1 starts with demo people; 0 prints a one-time link that makes the first administrator."),
    Variable("DEMO_DATA", "1", "0 starts with demo people alone; 1 loads the demo's estate for them, once."),
    Variable("COMPONENTS", "0", "1 shows `/components/`, the parts that pages are made of, to everybody signed in."),
    Variable(
        "BASE_URL",
        "",
        "Address people type. Unset: `http://localhost:PORT`. With `https://` cookies are secure.",
    ),
    Variable("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "Host names the product answers to, separated by commas."),
    Variable("CSRF_TRUSTED_ORIGINS", "", "Origins (scheme and host) that a proxy in front adds, separated by commas."),
    Variable("ORGANISATION_NAME", "Your organisation", "Name shown in the header."),
    Variable("DATABASE_URL", "", "`postgresql://` address of the application role. Set: no PostgreSQL is started."),
    Variable("DATABASE_OWNER_URL", "", "Address of the role that owns the tables. Unset: as `DATABASE_URL`."),
    Variable("REDIS_URL", "", "Address of Redis. Set: no Redis is started."),
    Variable(
        "POSTURE_POSTGRES",
        "",
        "PostgreSQL to start: `wheel`, `installed`, a major version (15 to 18) or a directory. Unset: the first found.",
    ),
    Variable("REDIS_SERVER", "", "Redis program to start. Unset: the one on PATH, else the one in the environment."),
    Variable("SECRET_KEY", "", "Key of sessions and signatures. Unset: `keys/django` in the home.", file=True),
    Variable("DIGEST_KEY", "", "Key of content digests; it never changes. Unset: `keys/digest`.", file=True),
    Variable("SEAL_KEYS", "", "Keys of sealed bytes, `id:hex`; the first seals. Unset: `keys/seal`.", file=True),
    Variable("MAIL_URL", "", "Mail server, `smtp+starttls://user:password@host:587`. Unset: no mail.", file=True),
    Variable("MAIL_FROM", "posture@localhost", "Address that mail comes from."),
    Variable("PROXIES", "0", "Proxies in front, each adding to X-Forwarded-For; throttling needs the true address."),
    Variable("BLOB_DAYS", "90", "Days that uploaded bytes are kept."),
    Variable("TRAFFIC_DAYS", "400", "Days that counts of calls by path and day are kept; at least 365."),
    Variable("UPLOAD_LIMIT", "1073741824", "Largest upload, in bytes."),
    Variable("CONNECT_FOLDERS", "", "Folders that connections may read, separated by commas. Unset: none."),
    Variable("LOG_LEVEL", "WARNING", "Least level of the log on standard error."),
    Variable("CHROMIUM", "", "Browser program of `manage.py test`. Unset: the one on PATH."),
    Variable("TEST_WORKERS", "2", "Processes that `manage.py test` runs tests in."),
)

BY_NAME = {variable.name: variable for variable in VARIABLES}
