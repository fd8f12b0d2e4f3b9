"""Django's settings. What a deployment may choose is read from the environment, see `environment`."""

import sys
from datetime import timedelta
from email.utils import formataddr
from urllib.parse import urlsplit

import dj_database_url
from django.conf.locale import LANG_INFO

from .addresses import get_host_pattern, parse_smtp_url
from .environment import BASE_DIR
from .environment.reader import read_environment
from .extra_apps import find_installable_apps
from .server.cookie_names import CSRF_COOKIE, HOST_PREFIX, SESSION_COOKIE
from .server.secret_key import read_or_create_key

ENVIRONMENT, ENVIRONMENT_PROBLEMS = read_environment()
VAR_DIR = BASE_DIR / "var"

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key or (read_or_create_key(VAR_DIR / "secret_key") if DEBUG else "")
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
if DEBUG:
    # In development the site answers to the address that it is served on, whatever the network calls it.
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", get_host_pattern(ENVIRONMENT.host)]
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)

LIBRARY_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "axes",
]
INSTALLED_APPS = [
    *LIBRARY_APPS,
    "supportbot.conversations",
    "supportbot.jobs",
    "supportbot.prompts",
    "supportbot.usage",
    "supportbot.audit",
    "supportbot.mail",
    "supportbot.desk",
    "supportbot.dashboard",
    "supportbot.demo",
    # Apps that teach the assistant. Those of EXTRA_APPS come behind them, at the end of this file.
    "tickets",
    "orders",
]

MIDDLEWARE = [
    "supportbot.conversations.web.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "supportbot.server.static_files.StaticFilesMiddleware",
    "supportbot.server.csp.ContentSecurityPolicyMiddleware",
    "supportbot.server.languages.LanguageMiddleware",
    "supportbot.server.outage_responses.OutageMiddleware",
    "supportbot.server.posted_addresses.PostedAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "supportbot.conversations.web.language_choice.LanguageChoiceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "supportbot.urls"
ASGI_APPLICATION = "supportbot.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "debug": False,  # tracing templates costs more than the page itself
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "supportbot.conversations.web.views.get_shop_context",
            ],
        },
    },
]

if ENVIRONMENT.database_url:
    DATABASES = {"default": dj_database_url.parse(ENVIRONMENT.database_url)}
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        DATABASES["default"]["ENGINE"] = "supportbot.server.postgresql"
        # A pooler may give each fetch another connection, where nobody knows the cursor.
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
        DATABASES["default"]["OPTIONS"] = {
            # Seconds. A database server that is lost says nothing: without these, whoever waits for its answer, or for
            # a connection to it, would go on for up to two hours.
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 25_000,  # milliseconds
            **DATABASES["default"].get("OPTIONS", {}),
            # There is no limit to the threads of requests, so connections are pooled rather than kept by a thread.
            "pool": {
                "min_size": 1,
                "max_size": 16,
                # Seconds: a page that waits longer says that the database is away. After so long a connection is tried
                # anew from the start, or the pause before the next attempt would grow with the outage.
                "timeout": 5,
                "reconnect_timeout": 5,
            },
        }
else:
    # Where its name cannot be read, commands that run no system checks must not take another database for it.
    _is_known = not ENVIRONMENT_PROBLEMS.keys() & {"DATABASE_URL", ".env"}
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(VAR_DIR / "supportbot.sqlite3") if _is_known else ":memory:",
        }
    }
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(exist_ok=True)
    _name = DATABASES["default"]["NAME"]
    DATABASES["default"] |= {
        "ENGINE": "supportbot.server.sqlite3",
        "NAME": _name if _name == ":memory:" else str(BASE_DIR / _name),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction that reads first and then writes is refused at once unless it begins as a writer.
            "transaction_mode": "IMMEDIATE",
            # Seconds that a writer waits for another one. A tool that writes may take its whole time, 10 unless
            # it says otherwise, and then somebody else's message must not be refused.
            "timeout": 30,
            # FULL: what was acknowledged survives a power loss too.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What carries messages between the processes of the site. On SQLite without Redis there is one process.
PROCESS_TRANSPORT = ""
if ENVIRONMENT.redis_url:
    PROCESS_TRANSPORT = "redis"
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    PROCESS_TRANSPORT = "postgresql"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "supportbot.server.password_hashing.ThreadedPasswordHasher",
    # Of accounts that were brought along from elsewhere, until they sign in.
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "supportbot.demo.accounts.DemoAccountBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# After so many wrong passwords for one name from one address, nobody signs in with both for a while.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "supportbot.server.login_lock.render_lockout"
AXES_USERNAME_CALLABLE = "supportbot.server.login_lock.get_login_name"
AXES_CLIENT_IP_CALLABLE = "supportbot.server.client_address.get_client_address"
AXES_DISABLE_ACCESS_LOG = True  # who signed in when is nobody's business but for the audit log
AXES_VERBOSE = False
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = ENVIRONMENT.languages[0]
LANGUAGES = [(code, LANG_INFO[code].get("name_local", code)) for code in ENVIRONMENT.languages]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = ENVIRONMENT.time_zone
USE_I18N = True
FORMAT_MODULE_PATH = ["supportbot.formats"]
USE_TZ = True

MEDIA_ROOT = BASE_DIR / (ENVIRONMENT.media_dir or VAR_DIR / "media")
# Larger requests are refused (`server/request_limits.py`), so no upload is written to a disk before it is checked.
FILE_UPLOAD_MAX_MEMORY_SIZE = ENVIRONMENT.image_max_bytes + 64 * 1024
# An order of 500 items, which is what platforms take, has a dozen fields for each in its form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 7_500

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
_names_static_files = not DEBUG and "test" not in sys.argv
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "supportbot.server.static_storage.ModuleStaticFilesStorage"
        if _names_static_files
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.behind_proxy else None
_https = not DEBUG and all(urlsplit(origin).scheme == "https" for origin in CSRF_TRUSTED_ORIGINS)
SESSION_ENGINE = "supportbot.server.guest_sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
if _https:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{HOST_PREFIX}{SESSION_COOKIE}", f"{HOST_PREFIX}{CSRF_COOKIE}"
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
# Other sites below this host's name are not this one's to decide on.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

_smtp = parse_smtp_url(ENVIRONMENT.smtp_url)
EMAIL_BACKEND = (
    "supportbot.mail.outgoing.smtp_backend.EmailBackend"
    if _smtp.host
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT = _smtp.host, _smtp.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp.user, _smtp.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _smtp.is_tls, _smtp.needs_starttls
EMAIL_TIMEOUT = 10

COMPANY_NAME = ENVIRONMENT.company_name
if ENVIRONMENT.mail_address:
    DEFAULT_FROM_EMAIL = formataddr((f"{COMPANY_NAME} support", ENVIRONMENT.mail_address))
LLM_BACKEND = ENVIRONMENT.llm_backend or (
    "chat" if ENVIRONMENT.xai_api_key or ENVIRONMENT.llm_base_url else "demo"
)
MESSAGE_MAX_CHARS = ENVIRONMENT.message_max_chars
CONVERSATION_MESSAGES_PER_MINUTE = ENVIRONMENT.conversation_messages_per_minute
VISITOR_MESSAGES_PER_MINUTE = ENVIRONMENT.visitor_messages_per_minute
PAGE_TURNS = ENVIRONMENT.page_turns
SHOPIFY_WEBHOOK_SECRET = ENVIRONMENT.shopify_webhook_secret
WOOCOMMERCE_WEBHOOK_SECRET = ENVIRONMENT.woocommerce_webhook_secret
ORDERS_API_TOKEN = ENVIRONMENT.orders_api_token

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "refusals": {"()": "supportbot.server.log_filters.RefusalFilter"},
        "outages": {"()": "supportbot.server.outages.OutageFilter"},
        "pool": {"()": "supportbot.server.outages.PoolFilter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["refusals"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Below WARNING these libraries log requests, and at DEBUG what customers said.
        "openai": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.channels": {"level": "WARNING"},
        "psycopg.pool": {"level": "WARNING", "filters": ["pool"]},
        "axes": {"level": "WARNING"},
        "django": {"level": "WARNING", "handlers": [], "propagate": True},
        "django.request": {"filters": ["outages"]},
    },
}

# At the end, since a stranger's app may read settings while it is imported. Behind all others: where two apps have a
# template, a command or a static file of one name, that of the product is taken, and an admin of theirs may take the
# place of one of ours.
_extra_apps, _problems = find_installable_apps(ENVIRONMENT.extra_apps, INSTALLED_APPS)
INSTALLED_APPS += _extra_apps
if _problems:
    ENVIRONMENT_PROBLEMS["EXTRA_APPS"] = f"EXTRA_APPS: {' '.join(_problems)}"
