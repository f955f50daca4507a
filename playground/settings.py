"""Environment -> settings, in sections. Nothing else in the project reads the environment.

Every setting works unset: then this is a laptop with SQLite, the file system, memory, and worker processes.
The README's table documents each variable.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent


def env_int(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in (os.environ.get(name) or default).split(",") if item.strip()]


# --- where things are kept -------------------------------------------------------------------------------------------

DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The environment's, or else one made once for this installation and readable by its owner alone."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key


# --- security --------------------------------------------------------------------------------------------------------

SECRET_KEY = _secret_key()
DEBUG = os.environ.get("DEBUG", "") == "1"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")
PUBLIC_URL = (os.environ.get("PUBLIC_URL") or "http://localhost:8000").rstrip("/")
SESSION_COOKIE_SAMESITE = "Lax"
# Where the address is https, no cookie goes without, and browsers remember not to try.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if PUBLIC_URL.startswith("https://") else 0
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
CONTENT_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    # What Plotly 7.1.0 writes into a page: an empty <style>, which it fills rule by rule, and the one of its maps.
    "style-src": [
        "'self'",
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
    ],
    "img-src": ["'self'", "data:", "blob:"],  # Plotly's heat maps, and what it saves as a picture
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}

# --- accounts --------------------------------------------------------------------------------------------------------

OPEN_REGISTRATION = os.environ.get("OPEN_REGISTRATION", "1") == "1"
SIGN_IN_WINDOW_SECONDS = env_int("SIGN_IN_WINDOW_SECONDS", 900)
SIGN_IN_FAILURES_PER_ACCOUNT = env_int("SIGN_IN_FAILURES_PER_ACCOUNT", 10)
SIGN_IN_FAILURES_PER_ADDRESS = env_int("SIGN_IN_FAILURES_PER_ADDRESS", 100)
SIGN_UPS_PER_ADDRESS_PER_HOUR = env_int("SIGN_UPS_PER_ADDRESS_PER_HOUR", 250)
PASSWORD_RESETS_PER_ADDRESS_PER_HOUR = env_int("PASSWORD_RESETS_PER_ADDRESS_PER_HOUR", 30)
PASSWORD_RESETS_PER_MAILBOX_PER_HOUR = env_int("PASSWORD_RESETS_PER_MAILBOX_PER_HOUR", 3)
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
    "django.contrib.admin",
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
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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
            ],
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database --------------------------------------------------------------------------------------------------------

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{DATA_DIR / 'playground.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers go on while one writes; IMMEDIATE makes writers queue up instead of failing half-way.
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        transaction_mode="IMMEDIATE",
        timeout=20,
    )
    # A file, since tests with a live server and engine threads must see the same database.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

# --- channel layer ---------------------------------------------------------------------------------------------------

REDIS_URL = os.environ.get("REDIS_URL", "")
# The layer waits for messages five seconds at a time, which redis-py's own limit of five would now and then cut short.
REDIS_HOST = {"address": REDIS_URL, "socket_timeout": 20, "socket_connect_timeout": 5}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_HOST]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

# --- cache -----------------------------------------------------------------------------------------------------------

# Holds the counters of the limits above: shared where there may be more than one server process.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "playground"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- files -----------------------------------------------------------------------------------------------------------

STORAGES = {
    "default": {"BACKEND": "playground.file_storage.WholeFileStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    # Collected by the server when it starts; while one works on them (DEBUG), files are as they lie in their folders.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "playground.static_files.HashedStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise wants it to be there, also while it is empty
# Under their own names, too, straight from the apps' folders: for developers who import socket.js.
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Plotly's browser build comes with its wheel; find_spec locates it without importing the package.
_plotly = importlib.util.find_spec("plotly")
assert _plotly is not None and _plotly.submodule_search_locations
STATICFILES_DIRS = [("plotly", Path(_plotly.submodule_search_locations[0]) / "package_data")]
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # what is larger is streamed to disk
FILE_UPLOAD_PERMISSIONS = 0o600

# --- sockets ---------------------------------------------------------------------------------------------------------

WIRE_MAX_FRAME_BYTES = env_int("WIRE_MAX_FRAME_BYTES", 1_000_000)
WIRE_FRAMES_PER_SECOND = env_int("WIRE_FRAMES_PER_SECOND", 50)
WIRE_FRAME_BURST = env_int("WIRE_FRAME_BURST", 100)
WIRE_ABUSE_SECONDS = env_int("WIRE_ABUSE_SECONDS", 10)
WIRE_HEARTBEAT_SECONDS = env_int("WIRE_HEARTBEAT_SECONDS", 20)
WIRE_RECONCILE_SECONDS = env_int("WIRE_RECONCILE_SECONDS", 5)

# --- training --------------------------------------------------------------------------------------------------------

TRAINING_ENGINE = os.environ.get("TRAINING_ENGINE") or "local"
TRAINING_WORKERS = env_int("TRAINING_WORKERS", os.cpu_count() or 1)
TRAINING_MAX_EPOCHS = env_int("TRAINING_MAX_EPOCHS", 10_000)
TRAINING_MAX_LAYERS = env_int("TRAINING_MAX_LAYERS", 50)
TRAINING_MAX_PARAMETERS = env_int("TRAINING_MAX_PARAMETERS", 5_000_000)
TRAINING_MAX_FEATURES = env_int("TRAINING_MAX_FEATURES", 5_000)
TRAINING_MAX_ROWS = env_int("TRAINING_MAX_ROWS", 1_000_000)
TRAINING_MAX_SECONDS = env_int("TRAINING_MAX_SECONDS", 600)
TRAINING_MAX_SWEEP_RUNS = env_int("TRAINING_MAX_SWEEP_RUNS", 500)
TRAINING_MAX_SWEEP_EPOCHS = env_int("TRAINING_MAX_SWEEP_EPOCHS", 500_000)
TRAINING_MAX_SWEEP_SECONDS = env_int("TRAINING_MAX_SWEEP_SECONDS", 600)
TRAINING_COMPARISON_SEEDS = env_int("TRAINING_COMPARISON_SEEDS", 20)
TRAINING_MAX_MEMORY_MB = env_int("TRAINING_MAX_MEMORY_MB", 2_048)
TRAINING_MAX_ATTEMPTS = env_int("TRAINING_MAX_ATTEMPTS", 3)
TRAINING_CHECKPOINT_EPOCHS = env_int("TRAINING_CHECKPOINT_EPOCHS", 1)
TRAINING_CHECKPOINT_SECONDS = env_int("TRAINING_CHECKPOINT_SECONDS", 10)
TRAINING_MAX_ACTIVE_RUNS_PER_OWNER = env_int("TRAINING_MAX_ACTIVE_RUNS_PER_OWNER", 20)
TRAINING_MAX_QUEUED = env_int("TRAINING_MAX_QUEUED", 2_000)
TRAINING_MAX_RUNS_PER_OWNER = env_int("TRAINING_MAX_RUNS_PER_OWNER", 1_000)
TRAINING_LEASE_SECONDS = env_int("TRAINING_LEASE_SECONDS", 5)
TRAINING_SHARING = os.environ.get("TRAINING_SHARING", "1") == "1"
TRAINING_ANSWER_SECONDS = env_int("TRAINING_ANSWER_SECONDS", 30)
UPLOAD_MAX_BYTES = env_int("UPLOAD_MAX_BYTES", 250_000_000)
LINKS_ENABLED = os.environ.get("LINKS_ENABLED", "1") == "1"
LINK_SECONDS = env_int("LINK_SECONDS", 20)
LINK_FRESH_SECONDS = env_int("LINK_FRESH_SECONDS", 3_600)
LINK_NETWORKS = env_list("LINK_NETWORKS", "")
UPLOAD_MAX_DATASETS_PER_OWNER = env_int("UPLOAD_MAX_DATASETS_PER_OWNER", 50)

# --- progress --------------------------------------------------------------------------------------------------------

PROGRESS_STORAGES: dict[str, dict[str, Any]] = {
    "orm": {"BACKEND": "progress.storage.orm.ORMStorage"},
    "memory": {"BACKEND": "progress.storage.memory.MemoryStorage"},
    "dynamodb": {
        "BACKEND": "progress.storage.dynamodb.DynamoDBStorage",
        "OPTIONS": {
            "table": os.environ.get("PROGRESS_TABLE") or "userProgress",
            # Region and credentials are found by boto3 itself, in the standard AWS variables and files.
            "endpoint_url": os.environ.get("DYNAMODB_ENDPOINT_URL") or None,
        },
    },
}
_progress_storage = os.environ.get("PROGRESS_STORAGE") or "orm"
PROGRESS_STORAGE: dict[str, Any] = PROGRESS_STORAGES.get(_progress_storage, {"BACKEND": _progress_storage})

# --- mail ------------------------------------------------------------------------------------------------------------

# The roads by short names; any other Django e-mail backend by its class.
_roads = {road: f"django.core.mail.backends.{road}" for road in ("console", "smtp")} | {
    "file": "django.core.mail.backends.filebased",
    "ses": "notifications.transports.ses",
    "api_gateway": "notifications.transports.api_gateway",
}
_road = os.environ.get("EMAIL_BACKEND") or "console"
EMAIL_BACKEND = f"{_roads[_road]}.EmailBackend" if _road in _roads else _road
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("EMAIL_FROM") or "Deep Learning Playground <playground@localhost>"
EMAIL_FILE_PATH = os.environ.get("EMAIL_FILE_PATH") or str(DATA_DIR / "mail")
EMAIL_HOST = os.environ.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "") == "1"
EMAIL_USE_SSL = os.environ.get("EMAIL_USE_SSL", "") == "1"
EMAIL_TIMEOUT = env_int("EMAIL_TIMEOUT", 20)
EMAIL_GATEWAY_URL = os.environ.get("EMAIL_GATEWAY_URL", "")
EMAIL_GATEWAY_KEY = os.environ.get("EMAIL_GATEWAY_KEY", "")
EMAIL_MAX_ATTACHMENT_BYTES = env_int("EMAIL_MAX_ATTACHMENT_BYTES", 10_000_000)
EMAIL_SENDERS = env_int("EMAIL_SENDERS", 2)
EMAIL_MAX_ATTEMPTS = env_int("EMAIL_MAX_ATTEMPTS", 30)
EMAIL_RETRY_SECONDS = env_int("EMAIL_RETRY_SECONDS", 5)
EMAIL_LEASE_SECONDS = env_int("EMAIL_LEASE_SECONDS", 30)
EMAIL_FILES_SECONDS = env_int("EMAIL_FILES_SECONDS", 600)

# --- who may send mail -----------------------------------------------------------------------------------------------

EMAIL_TO_ANYONE = os.environ.get("EMAIL_TO_ANYONE", "") == "1"
EMAIL_FROM_GUESTS = os.environ.get("EMAIL_FROM_GUESTS", "1") == "1"
EMAIL_GUEST_WORDS = os.environ.get("EMAIL_GUEST_WORDS", "") == "1"
EMAIL_PER_USER_PER_HOUR = env_int("EMAIL_PER_USER_PER_HOUR", 30)
EMAIL_PER_GUEST_PER_DAY = env_int("EMAIL_PER_GUEST_PER_DAY", 5)
EMAIL_PER_STRANGER_PER_DAY = env_int("EMAIL_PER_STRANGER_PER_DAY", 5)
EMAIL_FROM_GUESTS_PER_HOUR = env_int("EMAIL_FROM_GUESTS_PER_HOUR", 60)
EMAIL_PER_HOUR = env_int("EMAIL_PER_HOUR", 1_000)
EMAIL_CONFIRM_HOURS = env_int("EMAIL_CONFIRM_HOURS", 48)

# --- log -------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL") or "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("django.channels.server", "daphne", "botocore")},
}

# --- tests -----------------------------------------------------------------------------------------------------------

TEST_RUNNER = "tests.runner.Runner"
