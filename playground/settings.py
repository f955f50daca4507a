"""Environment -> settings, in sections. Nothing else in the project reads the environment.

Every setting works unset: then this is a laptop with SQLite, the file system, memory, and worker processes.
playground/docs/settings.md documents each variable.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from playground.content_policy import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from playground.data_dir import make_folder, prepare_data_dir, restrict_database
from playground.environment import env_choice, env_flag, env_int, env_list, env_text, read_database, read_secret
from playground.logs import FORMATTERS, LEVELS, build_logging

BASE_DIR = Path(__file__).resolve().parent.parent

# --- where things are kept -------------------------------------------------------------------------------------------

DATA_DIR = prepare_data_dir(Path(env_text("DATA_DIR") or BASE_DIR / "var"))

# --- security --------------------------------------------------------------------------------------------------------

SECRET_KEY_IS_GIVEN = bool(env_text("SECRET_KEY"))
SECRET_KEY = env_text("SECRET_KEY") or read_secret(DATA_DIR / "secret_key")
DEBUG = env_flag("DEBUG")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
PUBLIC_URL = env_text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
if env_text("PUBLIC_URL").startswith(("http://", "https://")):
    # A proxy may pass `Host` on without its port, and browsers send the port in `Origin`: compare with this address.
    CSRF_TRUSTED_ORIGINS.append("/".join(PUBLIC_URL.split("/")[:3]))
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "playground.sessions"
# Where the address is https, no cookie goes without, and browsers remember not to try.
_is_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 2_592_000) if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_flag("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env_flag("HSTS_PRELOAD")
# The proxy ends TLS and says by which scheme it was asked. It passes Host on, so that X-Forwarded-Host is never read.
BEHIND_PROXY = env_flag("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = BEHIND_PROXY and _is_https  # otherwise nobody could tell that the visitor's side is https already
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come from inside
# Subdomains and preloading bind more than this server: whoever runs it chooses them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SILENCED_SYSTEM_CHECKS += ["4_0.E001"]  # playground.E003 says the same, and what to write
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

# --- accounts --------------------------------------------------------------------------------------------------------

ACCOUNTS_ONLY = env_flag("ACCOUNTS_ONLY")
GUEST_SESSIONS_PER_ADDRESS_PER_HOUR = env_int("GUEST_SESSIONS_PER_ADDRESS_PER_HOUR", 5_000)
OPEN_REGISTRATION = env_flag("OPEN_REGISTRATION", True)
SIGN_UPS_PER_ADDRESS_PER_HOUR = env_int("SIGN_UPS_PER_ADDRESS_PER_HOUR", 250)
AUTHENTICATION_BACKENDS = ["playground.accounts.backend.ThrottledBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "index"

# --- the house -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: it replaces runserver by one that speaks WebSocket
    "playground.admin_site.GuardedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "playground",
    "training",
    "progress",
    "notifications",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "playground.sessions.RenewSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "playground.accounts.known_browser.KnownBrowserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "playground.middleware.ContentSecurityPolicyMiddleware",
]
ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "notifications.look.add_look",
                "playground.look_around.add_look_around",
            ],
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database --------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": read_database(
        default=f"sqlite:///{DATA_DIR / 'playground.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers go on while one writes; IMMEDIATE makes writers queue up instead of failing half-way.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        transaction_mode="IMMEDIATE",
        timeout=20,
    )
    restrict_database(str(DATABASES["default"]["NAME"]))  # also where it is outside of DATA_DIR

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A server that does not answer is given up on: by a request that connects, and where a connection is cut.
    DATABASE_SECONDS = 5
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": DATABASE_SECONDS,
        "tcp_user_timeout": DATABASE_SECONDS * 1_000,
        "keepalives_idle": DATABASE_SECONDS,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **DATABASES["default"].get("OPTIONS", {}),
    }

# --- channel layer ---------------------------------------------------------------------------------------------------

REDIS_URL = env_text("REDIS_URL")
# Seconds after which a Redis that does not answer is given up on. Broadcasts that are lost meanwhile are read from the
# stored log instead.
REDIS_SECONDS = 5
REDIS_TIMEOUTS = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
REDIS_HOST = {"address": REDIS_URL, **REDIS_TIMEOUTS}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_HOST]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# --- cache -----------------------------------------------------------------------------------------------------------

CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "playground",
            # Django's own serializer unpickles what it reads, which lets everybody who can write to Redis run code.
            "OPTIONS": {"serializer": "playground.json_cache.JsonSerializer", **REDIS_TIMEOUTS},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- files -----------------------------------------------------------------------------------------------------------

FILE_STORAGES: dict[str, dict[str, Any]] = {
    "disk": {
        "BACKEND": "playground.file_storage.WholeFileStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "s3": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            # Credentials are found by boto3 itself, in the standard AWS variables, files and roles.
            "bucket_name": env_text("S3_BUCKET"),
            "region_name": env_text("S3_REGION") or None,
            "endpoint_url": env_text("S3_ENDPOINT_URL") or None,
            # Stand-ins are rarely reached by a name of their own for each bucket.
            "addressing_style": "path" if env_text("S3_ENDPOINT_URL") else None,
            "default_acl": None,  # private: the owner of the bucket alone; who may have a file is asked in our views
            "file_overwrite": False,
        },
    },
}
_file_storage = env_text("FILE_STORAGE", "disk")
STORAGES = {
    "default": FILE_STORAGES.get(_file_storage, {"BACKEND": _file_storage}),
    # Collected by the server when it starts; while one works on them (DEBUG), files are as they lie in their folders.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "playground.static_files.HashedStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
make_folder(STATIC_ROOT)  # WhiteNoise wants it to be there, also while it is empty
# Under their own names, too, straight from the apps' folders: for developers who import socket.js.
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Plotly's browser build comes with its wheel; find_spec locates it without importing the package.
_plotly = importlib.util.find_spec("plotly")
assert _plotly is not None and _plotly.submodule_search_locations
STATICFILES_DIRS = [("plotly", Path(_plotly.submodule_search_locations[0]) / "package_data")]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # what is larger is streamed to disk
FILE_UPLOAD_PERMISSIONS = 0o600

# --- requests --------------------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes of one request, without the file of an upload
HTTP_MAX_HELD_BYTES = env_int("HTTP_MAX_HELD_BYTES", 4_000_000_000, least=1)
UPLOAD_VIEWS = ("datasets",)  # names of URLs that take a file of UPLOAD_MAX_BYTES besides

# --- sockets ---------------------------------------------------------------------------------------------------------

WIRE_MAX_HELD_BYTES = env_int("WIRE_MAX_HELD_BYTES", 192_000_000, least=1)
WIRE_MAX_SOCKETS_PER_ADDRESS = env_int("WIRE_MAX_SOCKETS_PER_ADDRESS", 600, least=1)
WIRE_MAX_SOCKETS = env_int("WIRE_MAX_SOCKETS", 5_000, least=1)

# --- training --------------------------------------------------------------------------------------------------------

TRAINING_ENGINE = env_text("TRAINING_ENGINE", "local")
TRAINING_WORKERS = env_int("TRAINING_WORKERS", os.cpu_count() or 1, least=1)
TRAINING_MAX_EPOCHS = env_int("TRAINING_MAX_EPOCHS", 10_000, least=1)
TRAINING_MAX_PARAMETERS = env_int("TRAINING_MAX_PARAMETERS", 5_000_000, least=1)
TRAINING_MAX_ROWS = env_int("TRAINING_MAX_ROWS", 1_000_000, least=1)
TRAINING_MAX_SECONDS = env_int("TRAINING_MAX_SECONDS", 600, least=1)
TRAINING_MAX_SWEEP_RUNS = env_int("TRAINING_MAX_SWEEP_RUNS", 500)
TRAINING_MAX_SWEEP_SECONDS = env_int("TRAINING_MAX_SWEEP_SECONDS", 600, least=1)
TRAINING_MAX_MEMORY_MB = env_int("TRAINING_MAX_MEMORY_MB", 2_048, least=1)
TRAINING_MAX_ACTIVE_RUNS_PER_OWNER = env_int("TRAINING_MAX_ACTIVE_RUNS_PER_OWNER", 20)
TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS = env_int("TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS", 200)
TRAINING_MAX_QUEUED = env_int("TRAINING_MAX_QUEUED", 2_000)
TRAINING_MAX_RUNS_PER_OWNER = env_int("TRAINING_MAX_RUNS_PER_OWNER", 1_000)
TRAINING_MAX_RUNS_PER_ADDRESS = env_int("TRAINING_MAX_RUNS_PER_ADDRESS", 10_000)
TRAINING_SHARING = env_flag("TRAINING_SHARING", True)
TRAINING_QUESTION_WORKERS = env_int("TRAINING_QUESTION_WORKERS", 2, least=1)
UPLOAD_MAX_BYTES = env_int("UPLOAD_MAX_BYTES", 250_000_000)
LINKS_ENABLED = env_flag("LINKS_ENABLED", True)
LINK_NETWORKS = env_list("LINK_NETWORKS")
LINK_PORTS = env_list("LINK_PORTS", "80,443")
UPLOAD_MAX_DATASETS_PER_ADDRESS = env_int("UPLOAD_MAX_DATASETS_PER_ADDRESS", 500)

# --- Celery: for TRAINING_ENGINE=celery ------------------------------------------------------------------------------

TRAINING_GPU = env_flag("TRAINING_GPU")
TRAINING_DRAIN_SECONDS = env_int("TRAINING_DRAIN_SECONDS", 10)
CELERY_BROKER_URL = env_text("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    # Region and credentials are found by boto3 itself, in the standard AWS variables and files.
    # Somebody waits for what is asked: between two polls, each of which waits for ten seconds, no second goes by.
    {"queue_name_prefix": "playground-", "region": env_text("AWS_DEFAULT_REGION", "us-east-1"), "polling_interval": 0.1}
    if CELERY_BROKER_URL.startswith("sqs")
    else {"global_keyprefix": "playground:", "socket_timeout": 20, "socket_connect_timeout": REDIS_SECONDS}
)
# When a message that nobody has acknowledged is sent to another worker. Only a hint comes twice by that: what keeps a
# run from being trained twice is its lease. SQS takes no more than twelve hours.
CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = min(
    2 * max(TRAINING_MAX_SECONDS, TRAINING_MAX_SWEEP_SECONDS), 12 * 3600
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0}
# Nothing but JSON is read from a message: neither tasks, nor events, nor remote control are unpickled.
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "training"
CELERY_WORKER_POOL = "threads"  # that wait: what works is in processes of their own
CELERY_WORKER_CONCURRENCY = TRAINING_WORKERS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- progress --------------------------------------------------------------------------------------------------------

PROGRESS_STORAGES: dict[str, dict[str, Any]] = {
    "orm": {"BACKEND": "progress.storage.orm.ORMStorage"},
    "memory": {"BACKEND": "progress.storage.memory.MemoryStorage"},
    "dynamodb": {
        "BACKEND": "progress.storage.dynamodb.DynamoDBStorage",
        "OPTIONS": {
            "table": env_text("PROGRESS_TABLE", "userProgress"),
            # Region and credentials are found by boto3 itself, in the standard AWS variables and files.
            "endpoint_url": env_text("DYNAMODB_ENDPOINT_URL") or None,
        },
    },
}
_progress_storage = env_text("PROGRESS_STORAGE", "orm")
PROGRESS_STORAGE: dict[str, Any] = PROGRESS_STORAGES.get(_progress_storage, {"BACKEND": _progress_storage})

# --- mail ------------------------------------------------------------------------------------------------------------

# The roads by short names; any other Django e-mail backend by its class.
_roads = {
    "console": "notifications.transports.console",
    "file": "django.core.mail.backends.filebased",
    "smtp": "django.core.mail.backends.smtp",
    "ses": "notifications.transports.ses",
    "api_gateway": "notifications.transports.api_gateway",
}
_road = env_text("EMAIL_BACKEND", "console")
EMAIL_BACKEND = f"{_roads[_road]}.EmailBackend" if _road in _roads else _road
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_text("EMAIL_FROM", "Deep Learning Playground <playground@localhost>")
EMAIL_FILE_PATH = env_text("EMAIL_FILE_PATH") or str(DATA_DIR / "mail")
EMAIL_HOST = env_text("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25, least=1)
EMAIL_HOST_USER = env_text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 20  # seconds that one step of a transport may take
EMAIL_GATEWAY_URL = env_text("EMAIL_GATEWAY_URL")
EMAIL_GATEWAY_KEY = env_text("EMAIL_GATEWAY_KEY")
EMAIL_MAX_ATTACHMENT_BYTES = env_int("EMAIL_MAX_ATTACHMENT_BYTES", 10_000_000)

# --- who may send mail -----------------------------------------------------------------------------------------------

EMAIL_TO_ANYONE = env_flag("EMAIL_TO_ANYONE")
EMAIL_FROM_GUESTS = env_flag("EMAIL_FROM_GUESTS", True)
EMAIL_GUEST_WORDS = env_flag("EMAIL_GUEST_WORDS")
EMAIL_PER_USER_PER_HOUR = env_int("EMAIL_PER_USER_PER_HOUR", 30)
EMAIL_TO_STRANGERS_PER_HOUR = env_int("EMAIL_TO_STRANGERS_PER_HOUR", 500)
EMAIL_FROM_GUESTS_PER_HOUR = env_int("EMAIL_FROM_GUESTS_PER_HOUR", 60)
EMAIL_PER_HOUR = env_int("EMAIL_PER_HOUR", 1_000)

# --- log -------------------------------------------------------------------------------------------------------------

LOGGING = build_logging(env_choice("LOG_FORMAT", "plain", FORMATTERS), env_choice("LOG_LEVEL", "INFO", LEVELS))

# --- what is kept, and for how long ----------------------------------------------------------------------------------

# Days, after which `manage.py clean` removes it; 0 is for ever.
KEEP_GUEST_RUNS_DAYS = env_int("KEEP_GUEST_RUNS_DAYS", 90)
KEEP_USER_RUNS_DAYS = env_int("KEEP_USER_RUNS_DAYS", 0)
KEEP_UNUSED_UPLOADS_DAYS = env_int("KEEP_UNUSED_UPLOADS_DAYS", 90)
KEEP_FILES_DAYS = env_int("KEEP_FILES_DAYS", 0)
KEEP_EVENTS_DAYS = env_int("KEEP_EVENTS_DAYS", 30)
KEEP_MAIL_DAYS = env_int("KEEP_MAIL_DAYS", 90)
KEEP_ADDRESSES_DAYS = env_int("KEEP_ADDRESSES_DAYS", 30)
MAX_BYTES_PER_OWNER = env_int("MAX_BYTES_PER_OWNER", 5_000_000_000)
MAX_BYTES_PER_ADDRESS = env_int("MAX_BYTES_PER_ADDRESS", 20_000_000_000)

# --- health ----------------------------------------------------------------------------------------------------------

METRICS_TOKEN = env_text("METRICS_TOKEN")
# Where a worker of Celery, which is no web server, tells what it has counted; 0 is nowhere.
METRICS_PORT = env_int("METRICS_PORT", 0)
METRICS_ADDRESS = env_text("METRICS_ADDRESS", "127.0.0.1")
