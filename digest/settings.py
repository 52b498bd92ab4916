"""Settings, from the environment alone; docs/configuration.md explains each variable.

Without any: SQLite, an embedded Valkey and a local mailbox, all below DATA_DIR.
"""

import os
import tomllib
from pathlib import Path

import environ

from digest import env, mail_env
from digest.lib import languages

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
read = environ.Env()

# --- Where it runs ---------------------------------------------------------------------------

# What processes write holds addresses and keys: whatever the mode of DATA_DIR, only their user reads it.
os.umask(0o077)
DATA_DIR = Path(read.str("DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().absolute()
HOST = read.str("HOST", default="127.0.0.1")
PORT = env.port(read.str("PORT", default="") or "8000")
# In a container HOST is all of its own addresses; who can reach them is decided where the port is published.
LOOPBACK = (read.str("PUBLISHED_HOST", default="") or HOST) in {"127.0.0.1", "::1", "localhost"}
# A debug page shows settings and mails: never to other machines, whatever DEBUG says.
DEBUG = read.bool("DEBUG", default=False) and LOOPBACK
SITE_URL_IS_SET = bool(read.str("SITE_URL", default=""))
SITE_URL = env.site_url(
    read.str("SITE_URL", default="") or f"http://{'localhost' if LOOPBACK else env.in_url(HOST)}:{PORT}"
)
SITE_HOST = environ.urlparse(SITE_URL).hostname or "localhost"
ALLOWED_HOSTS = read.list("ALLOWED_HOSTS", default=[SITE_HOST, "localhost", "127.0.0.1", "[::1]"])
SECURE = SITE_URL.startswith("https://")
SECRET_KEY = read.str("SECRET_KEY", default="") or env.secret_key(DATA_DIR)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# How many proxies stand before the service, each of which adds to X-Forwarded-For; None: as SITE_URL says.
TRUSTED_PROXIES = env.proxies(read.str("TRUSTED_PROXIES", default=""))

# --- Applications and middleware -------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages are loaded with the addresses (digest/urls.py)
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "digest",
    "subscriptions",
]

MIDDLEWARE = [
    "digest.web.logs.request_log.middleware",
    "digest.web.errors.nul_characters.NulMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "digest.web.csp.PolicyMiddleware",  # django-csp, with a looser policy for the admin
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digest.web.page_language.middleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "digest.web.errors.not_found.NotFoundMiddleware",
]

ROOT_URLCONF = "digest.urls"
WSGI_APPLICATION = "digest.wsgi.application"
TEMPLATES_DIR = BASE_DIR / "templates"
TEMPLATES = [
    {  # pages; only web/ is visible here, so that admin templates stay Django's
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "OPTIONS": {"environment": "digest.web.rendering.environment"},
    },
    {  # the admin
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [TEMPLATES_DIR / "admin"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "digest.web.local_bar.context",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_COOLOFF_TIME = 1  # hours
# Both together: by the address alone, one person locks out all behind the same proxy or office; by the
# name alone, any stranger locks out the operator.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "digest.web.limits.throttling.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "digest.web.errors.lock_out.answer"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time that the page names stays true
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # also where “next” leads elsewhere

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = list(languages.languages().items())
USE_I18N = True
LOCALE_PATHS = [languages.LOCALE]  # before the catalogues of others, who also say “Search”

# --- Storage ---------------------------------------------------------------------------------

DATABASES = {"default": env.database(read.str("DATABASE_URL", default=""), DATA_DIR)}
REDIS_URL = env.broker_url(read.str("REDIS_URL", default=""), DATA_DIR)

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Background work -------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
# Tasks are acknowledged when they start, as is Celery's default: one that is lost with its worker is made up
# for by the next on schedule, and a worker that had to return a task to a lost broker would end itself.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A task that waits longer in one worker is given to a second one too: each may run twice.
    "visibility_timeout": 600,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "digest:",
    # A broker that hangs is taken for one that is gone: visitors wait for it, and workers connect anew.
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "connect_retries_timeout": 1,  # shorter than one attempt, so there is no second
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "beat-schedule")

# Addresses that adapters ask (digest/sources/), and where they are answered instead.
SOURCE_MIRRORS = {
    "https://huggingface.co": read.str("HF_ENDPOINT", default="https://huggingface.co").rstrip("/"),
    "https://export.arxiv.org": read.str("ARXIV_ENDPOINT", default="https://export.arxiv.org").rstrip("/"),
}

# Who got a paper is asked for 180 days (NEW_AT_MOST in digest/ingestion/saving.py).
HISTORY_DAYS = env.number("HISTORY_DAYS", read.str("HISTORY_DAYS", default="") or "200", 36_500, least=180)
RAW_ANSWERS_DAYS = env.number("RAW_ANSWERS_DAYS", read.str("RAW_ANSWERS_DAYS", default="") or "60", 36_500)

# --- Mail ------------------------------------------------------------------------------------

SITE_NAME = read.str("SITE_NAME", default="Paper Digest")
POSTAL_ADDRESS = read.str("POSTAL_ADDRESS", default="")  # the imprint at the foot of every mail
EMAIL_URL = read.str("EMAIL_URL", default="")  # empty: the local mailbox below DATA_DIR
EMAIL_RELAYS = mail_env.email_relays(EMAIL_URL)
EMAIL_TRACKING_OFF = read.bool("EMAIL_TRACKING_OFF", default=False)  # at a provider's account: looked at
SMTP_CONNECTIONS = env.number("SMTP_CONNECTIONS", read.str("SMTP_CONNECTIONS", default="") or "4", 64)
EMAIL_RATE = env.rate("EMAIL_RATE", read.str("EMAIL_RATE", default=""))  # mails a second, 0: no limit
DOMAIN_RATES = mail_env.domain_rates(read.str("DOMAIN_RATES", default=""))  # mails a second, by domain
DEFAULT_FROM_EMAIL = read.str("DEFAULT_FROM_EMAIL", default=f"Paper Digest <digest@{SITE_HOST}>")
DKIM_KEYS = mail_env.dkim_keys(read.str("DKIM_KEYS", default=""), DATA_DIR)  # none: the relay signs
OPERATOR_EMAIL = read.str("OPERATOR_EMAIL", default="")  # who is told when mail stops
BOUNCE_ADDRESS = read.str("BOUNCE_ADDRESS", default="")
OUTBOX_LEASE_SECONDS = env.seconds(
    "OUTBOX_LEASE_SECONDS", read.str("OUTBOX_LEASE_SECONDS", default="") or "300"
)
OUTBOX_JOURNALS = DATA_DIR / "outbox"  # of the senders at work on this machine
# A run is held when so many of its last 200 readers, and so many in a hundred, were refused.
REFUSALS_HOLD = env.number("REFUSALS_HOLD", read.str("REFUSALS_HOLD", default="") or "20", 200)
REFUSALS_HOLD_PERCENT = env.number(
    "REFUSALS_HOLD_PERCENT", read.str("REFUSALS_HOLD_PERCENT", default="") or "30", 100
)
# Without a relay mail goes to the local mailbox, if whoever runs this can open it, as with `make run`.
# Elsewhere nobody would ever see it, so mail is held until there is a relay.
EMAIL_HELD = not EMAIL_URL and not (DEBUG or env.debug_by_default(os.environ, loopback=LOOPBACK))
MAILBOX_DIR = DATA_DIR / "mailbox"

# --- Security --------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
HSTS_ALL_SUBDOMAINS = read.bool("HSTS_ALL_SUBDOMAINS", default=False)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE and HSTS_ALL_SUBDOMAINS
# Other sites of the domain may have no TLS, and browsers would refuse them for a year: so subdomains
# are included only if the operator says so, and the check that asks for it is silenced.
SILENCED_SYSTEM_CHECKS = [] if HSTS_ALL_SUBDOMAINS else ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
# With “no-referrer” browsers send forms with a null Origin, which CSRF protection refuses; pages behind
# the links of mails, which carry tokens and need no CSRF protection, say “no-referrer” themselves.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # load balancers ask without TLS
X_FRAME_OPTIONS = "DENY"  # save mails, which our own pages frame: digest.web.rendering.show_mail

# --- Logs ------------------------------------------------------------------------------------

ACCESS_LOG = read.bool("ACCESS_LOG", default=False)
# All processes write to their output, whoever starts them keeps it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "digest.web.logs.log_lines.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(number)s %(name)s: %(message)s",
        }
    },
    "handlers": {"output": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["output"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        # Pages that are not found are no news, unless somebody develops them.
        "django.request": {"level": "WARNING" if DEBUG else "ERROR"},
        "digest.access": {"level": "INFO"},
        "waitress.queue": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},  # it would log the addresses of sources with the keys in them
        "bibtexparser": {"level": "CRITICAL"},  # it would log what readers upload
    },
}

# --- The admin -------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SUBHEADER": "Administration",
    "SITE_SYMBOL": "newsmode",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "subscriptions.admin.dashboard.show",
    "BORDER_RADIUS": "6px",
    "COLORS": "digest.admin.appearance.colours",
    "STYLES": ["digest.admin.appearance.own_style", "digest.admin.appearance.local_style"],
    "SIDEBAR": {"navigation": "digest.admin.appearance.menu"},
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
}
