"""Django's settings, from the settings of operators in `playground.environment`, which documents them.

Without any variable this is a server for one machine, with SQLite, files on disk and its own worker processes.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import dj_database_url

from playground.data_dir import make_folder, prepare_data_dir, read_secret, restrict_database
from playground.environment.reading import read_environment
from playground.logs import build_logging

BASE_DIR = Path(__file__).resolve().parent.parent
env = read_environment()

# --- folders ---------------------------------------------------------------------------------------------------------

DATA_DIR = prepare_data_dir(env.DATA_DIR or BASE_DIR / "var")

# --- security --------------------------------------------------------------------------------------------------------

SECRET_KEY_IS_GIVEN = bool(env.SECRET_KEY)
SECRET_KEY = env.SECRET_KEY or read_secret(DATA_DIR / "secret_key")
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = [*env.CSRF_TRUSTED_ORIGINS]
PUBLIC_URL = env.PUBLIC_URL.rstrip("/")
if "PUBLIC_URL" in env.model_fields_set and PUBLIC_URL.startswith(("http://", "https://")):
    # A proxy may pass `Host` on without its port, while browsers send the port in `Origin`.
    CSRF_TRUSTED_ORIGINS.append("/".join(PUBLIC_URL.split("/")[:3]))
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "playground.sessions"
# With an https address, cookies are sent over https only, and browsers remember to use https.
_is_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_https
SECURE_HSTS_SECONDS = env.HSTS_SECONDS if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.HSTS_SUBDOMAINS
SECURE_HSTS_PRELOAD = env.HSTS_PRELOAD
# The proxy passes `Host` on, so X-Forwarded-Host is never read.
BEHIND_PROXY = env.BEHIND_PROXY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = BEHIND_PROXY and _is_https  # without a proxy, the server cannot tell https from http
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes come from inside
# HSTS for subdomains and preloading affects more than this server, so the operator chooses them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SILENCED_SYSTEM_CHECKS += ["4_0.E001"]  # playground.E003 reports the same, with a hint
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- accounts --------------------------------------------------------------------------------------------------------

ACCOUNTS_ONLY = env.ACCOUNTS_ONLY
GUEST_SESSIONS_PER_ADDRESS_PER_HOUR = env.GUEST_SESSIONS_PER_ADDRESS_PER_HOUR
OPEN_REGISTRATION = env.OPEN_REGISTRATION
SIGN_UPS_PER_ADDRESS_PER_HOUR = env.SIGN_UPS_PER_ADDRESS_PER_HOUR
AUTHENTICATION_BACKENDS = ["playground.accounts.backends.ThrottledBackend"]
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

# --- Django ----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver supports WebSockets
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
    "playground.accounts.known_browser_cookie.KnownBrowserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "playground.middleware.SecurityHeadersMiddleware",
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
                "playground.accounts.context_processors.add_appearance",
                "playground.accounts.context_processors.add_guest_limits",
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
    "default": dj_database_url.parse(
        env.DATABASE_URL or f"sqlite:///{DATA_DIR / 'playground.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers continue while one connection writes. IMMEDIATE makes writers wait instead of failing half-way.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        transaction_mode="IMMEDIATE",
        timeout=20,
    )
    restrict_database(str(DATABASES["default"]["NAME"]))  # it may be outside of DATA_DIR

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASE_SECONDS = 5  # after which the server gives up on a database that does not answer
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": DATABASE_SECONDS,
        "tcp_user_timeout": DATABASE_SECONDS * 1_000,
        "keepalives_idle": DATABASE_SECONDS,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **DATABASES["default"].get("OPTIONS", {}),
    }

# --- channel layer ---------------------------------------------------------------------------------------------------

REDIS_URL = env.REDIS_URL
# After these seconds the server gives up on a Redis that does not answer. Sockets then find events in the stored log.
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
            # Django's own serializer unpickles data, which lets everybody who can write to Redis run code.
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
            # boto3 finds credentials in the standard AWS variables, files and roles.
            "bucket_name": env.S3_BUCKET,
            "region_name": env.S3_REGION or None,
            "endpoint_url": env.S3_ENDPOINT_URL or None,
            # Other services rarely have a host name for each bucket.
            "addressing_style": "path" if env.S3_ENDPOINT_URL else None,
            "default_acl": None,  # private: the playground's views check who may read a file
            "file_overwrite": False,
        },
    },
}
STORAGES = {
    "default": FILE_STORAGES.get(env.FILE_STORAGE, {"BACKEND": env.FILE_STORAGE}),
    # The server collects static files when it starts. With DEBUG it serves them from their source folders.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "playground.static_files.HashedStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
make_folder(STATIC_ROOT)  # WhiteNoise requires the folder
# Static files keep their own names too, for front ends that import our JavaScript modules.
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Plotly's browser build is part of its wheel. find_spec locates it without importing the package.
_plotly = importlib.util.find_spec("plotly")
assert _plotly is not None and _plotly.submodule_search_locations
STATICFILES_DIRS = [("plotly", Path(_plotly.submodule_search_locations[0]) / "package_data")]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # larger files are written to disk while they arrive
FILE_UPLOAD_PERMISSIONS = 0o600

# --- requests --------------------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes of one request, without the file of an upload
HTTP_MAX_HELD_BYTES = env.HTTP_MAX_HELD_BYTES
UPLOAD_VIEWS = ("datasets",)  # URL names of requests that may add a file of UPLOAD_MAX_BYTES

# --- sockets ---------------------------------------------------------------------------------------------------------

WIRE_MAX_HELD_BYTES = env.WIRE_MAX_HELD_BYTES
WIRE_MAX_SOCKETS_PER_ADDRESS = env.WIRE_MAX_SOCKETS_PER_ADDRESS
WIRE_MAX_SOCKETS = env.WIRE_MAX_SOCKETS

# --- training --------------------------------------------------------------------------------------------------------

TRAINING_ENGINE = env.TRAINING_ENGINE
TRAINING_WORKERS = env.TRAINING_WORKERS
TRAINING_MAX_EPOCHS = env.TRAINING_MAX_EPOCHS
TRAINING_MAX_PARAMETERS = env.TRAINING_MAX_PARAMETERS
TRAINING_MAX_ROWS = env.TRAINING_MAX_ROWS
TRAINING_MAX_SECONDS = env.TRAINING_MAX_SECONDS
TRAINING_MAX_SWEEP_RUNS = env.TRAINING_MAX_SWEEP_RUNS
TRAINING_MAX_SWEEP_SECONDS = env.TRAINING_MAX_SWEEP_SECONDS
TRAINING_MAX_MEMORY_MB = env.TRAINING_MAX_MEMORY_MB
TRAINING_MAX_ACTIVE_RUNS_PER_OWNER = env.TRAINING_MAX_ACTIVE_RUNS_PER_OWNER
TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS = env.TRAINING_MAX_ACTIVE_RUNS_PER_ADDRESS
TRAINING_MAX_QUEUED = env.TRAINING_MAX_QUEUED
TRAINING_MAX_RUNS_PER_OWNER = env.TRAINING_MAX_RUNS_PER_OWNER
TRAINING_MAX_RUNS_PER_ADDRESS = env.TRAINING_MAX_RUNS_PER_ADDRESS
TRAINING_SHARING = env.TRAINING_SHARING
TRAINING_QUESTION_WORKERS = env.TRAINING_QUESTION_WORKERS
UPLOAD_MAX_BYTES = env.UPLOAD_MAX_BYTES
LINKS_ENABLED = env.LINKS_ENABLED
LINK_NETWORKS = env.LINK_NETWORKS
LINK_PORTS = env.LINK_PORTS
UPLOAD_MAX_DATASETS_PER_ADDRESS = env.UPLOAD_MAX_DATASETS_PER_ADDRESS

# --- Celery: for TRAINING_ENGINE=celery ------------------------------------------------------------------------------

TRAINING_GPU = env.TRAINING_GPU
TRAINING_DRAIN_SECONDS = env.TRAINING_DRAIN_SECONDS
CELERY_BROKER_URL = env.CELERY_BROKER_URL or REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    # boto3 finds credentials in the standard AWS variables and files. The pause between two polls is short, since
    # visitors wait for answers.
    {"queue_name_prefix": "playground-", "region": env.AWS_DEFAULT_REGION, "polling_interval": 0.1}
    if CELERY_BROKER_URL.startswith("sqs")
    else {"global_keyprefix": "playground:", "socket_timeout": 20, "socket_connect_timeout": REDIS_SECONDS}
)
# After this time an unacknowledged message goes to another worker. A message is only a hint: the lease of a run keeps
# it from being trained twice. SQS allows at most twelve hours.
CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = min(
    2 * max(TRAINING_MAX_SECONDS, TRAINING_MAX_SWEEP_SECONDS), 12 * 3600
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0}
# Tasks, events and remote control are JSON. Nothing is unpickled.
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "training"
CELERY_WORKER_POOL = "threads"  # they wait for the processes that train
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
            "table": env.PROGRESS_TABLE,
            # boto3 finds region and credentials in the standard AWS variables and files.
            "endpoint_url": env.DYNAMODB_ENDPOINT_URL or None,
        },
    },
}
PROGRESS_STORAGE: dict[str, Any] = PROGRESS_STORAGES.get(env.PROGRESS_STORAGE, {"BACKEND": env.PROGRESS_STORAGE})

# --- mail ------------------------------------------------------------------------------------------------------------

_transports = {
    "console": "notifications.transports.ConsoleTransport",
    "file": "django.core.mail.backends.filebased.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "ses": "notifications.transports.SesTransport",
    "api_gateway": "notifications.transports.ApiGatewayTransport",
}
EMAIL_BACKEND = _transports.get(env.EMAIL_BACKEND, env.EMAIL_BACKEND)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.EMAIL_FROM
EMAIL_FILE_PATH = env.EMAIL_FILE_PATH or str(DATA_DIR / "mail")
EMAIL_HOST = env.EMAIL_HOST
EMAIL_PORT = env.EMAIL_PORT
EMAIL_HOST_USER = env.EMAIL_HOST_USER
EMAIL_HOST_PASSWORD = env.EMAIL_HOST_PASSWORD
EMAIL_USE_TLS = env.EMAIL_USE_TLS
EMAIL_USE_SSL = env.EMAIL_USE_SSL
EMAIL_TIMEOUT = 20  # seconds that one step of a transport may take
EMAIL_GATEWAY_URL = env.EMAIL_GATEWAY_URL
EMAIL_GATEWAY_KEY = env.EMAIL_GATEWAY_KEY
EMAIL_MAX_ATTACHMENT_BYTES = env.EMAIL_MAX_ATTACHMENT_BYTES

# --- who may send mail -----------------------------------------------------------------------------------------------

EMAIL_TO_ANYONE = env.EMAIL_TO_ANYONE
EMAIL_FROM_GUESTS = env.EMAIL_FROM_GUESTS
EMAIL_GUEST_WORDS = env.EMAIL_GUEST_WORDS
EMAIL_PER_USER_PER_HOUR = env.EMAIL_PER_USER_PER_HOUR
EMAIL_TO_STRANGERS_PER_HOUR = env.EMAIL_TO_STRANGERS_PER_HOUR
EMAIL_FROM_GUESTS_PER_HOUR = env.EMAIL_FROM_GUESTS_PER_HOUR
EMAIL_PER_HOUR = env.EMAIL_PER_HOUR

# --- log -------------------------------------------------------------------------------------------------------------

LOGGING = build_logging(env.LOG_FORMAT, env.LOG_LEVEL)

# --- retention -------------------------------------------------------------------------------------------------------

KEEP_GUEST_RUNS_DAYS = env.KEEP_GUEST_RUNS_DAYS
KEEP_USER_RUNS_DAYS = env.KEEP_USER_RUNS_DAYS
KEEP_UNUSED_UPLOADS_DAYS = env.KEEP_UNUSED_UPLOADS_DAYS
KEEP_FILES_DAYS = env.KEEP_FILES_DAYS
KEEP_EVENTS_DAYS = env.KEEP_EVENTS_DAYS
KEEP_MAIL_DAYS = env.KEEP_MAIL_DAYS
KEEP_ADDRESSES_DAYS = env.KEEP_ADDRESSES_DAYS
MAX_BYTES_PER_OWNER = env.MAX_BYTES_PER_OWNER
MAX_BYTES_PER_ADDRESS = env.MAX_BYTES_PER_ADDRESS

# --- health ----------------------------------------------------------------------------------------------------------

METRICS_TOKEN = env.METRICS_TOKEN
METRICS_PORT = env.METRICS_PORT
METRICS_ADDRESS = env.METRICS_ADDRESS
