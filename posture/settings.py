"""Settings of the product. What an operator may set is read in `posture.env` and listed by `manage.py reference`."""

from pathlib import Path

from celery.schedules import schedule

from posture.env import database, env_bool, env_int, env_keys, env_list, env_secret, env_text, services
from posture.sign_in import *  # noqa: F403 -- a part of the settings, whole

BASE_DIR = Path(__file__).resolve().parent.parent
POSTURE_HOME = Path(env_text("POSTURE_HOME") or BASE_DIR / ".posture").resolve()

DEBUG = False
PORT = env_int("PORT")
DEMO = env_bool("DEMO")
DEMO_DATA = DEMO and env_bool("DEMO_DATA")
DEMO_SOURCE = BASE_DIR / "posture" / "demo"
DEMO_FOLDER = POSTURE_HOME / "demo"
COMPONENTS = env_bool("COMPONENTS")
BASE_URL = env_text("BASE_URL") or f"http://localhost:{PORT}"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
ORGANISATION_NAME = env_text("ORGANISATION_NAME")

SECRET_KEY = env_secret("SECRET_KEY", POSTURE_HOME / "keys" / "django")
DIGEST_KEY = bytes.fromhex(env_secret("DIGEST_KEY", POSTURE_HOME / "keys" / "digest"))
SEAL_KEYS = env_keys("SEAL_KEYS", POSTURE_HOME / "keys" / "seal")
BLOB_DAYS = env_int("BLOB_DAYS")
TRAFFIC_DAYS = env_int("TRAFFIC_DAYS")
UPLOAD_LIMIT = env_int("UPLOAD_LIMIT")
CONNECT_FOLDERS = tuple(Path(folder) for folder in env_list("CONNECT_FOLDERS")) + (DEMO_FOLDER,) * DEMO_DATA

INSTALLED_APPS = [
    "posture.apps.PostureConfig",
    "incidents.apps.IncidentsConfig",
    "findings.apps.FindingsConfig",
    "inventory.apps.InventoryConfig",
    "inventory.jobs.apps.JobsConfig",
    "inventory.access.apps.AccessConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "inventory.access.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "inventory.access.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "posture.middleware.ShowUnseen",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "inventory.access.middleware.WhoActs",
]

ROOT_URLCONF = "posture.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "posture.context.shell",
            ],
        },
    }
]

_services = services(POSTURE_HOME)
DATABASES = {"default": database(_services["database_url"]), "owner": database(_services["database_owner_url"])}
APPLICATION_ROLE: str = DATABASES["default"]["USER"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _services["redis_url"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "posture",
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "short"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "jobs.tick", "schedule": schedule(run_every=2), "options": {"queue": "short", "expires": 10}}
}
CELERY_TIMEZONE = "UTC"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_TLS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = SECURE_TLS
CSRF_COOKIE_SECURE = SECURE_TLS
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # frames are refused by our own header and policy (inventory.access.middleware)
    "security.W005",  # whether sub-domains speak TLS is the operator's to know
    "security.W008",  # what speaks TLS in front of us redirects to it
    "security.W021",  # a place on the browsers' preload list is the operator's to ask for
]

# Each resource says the rest itself (inventory.access.api.resources); a view that is none of them is shut.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Posture",
    "DESCRIPTION": "API security posture management: APIs, their findings and their risk.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
}
API_REQUESTS_A_MINUTE = 3000

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = POSTURE_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "inventory.access.masking.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"one line": {"()": "posture.logs.OneLineForClients"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one line"]}},
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore")},  # they tell whole URLs and headers
    "root": {"handlers": ["stderr"], "level": env_text("LOG_LEVEL")},
}
