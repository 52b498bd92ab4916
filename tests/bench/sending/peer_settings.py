"""Django as the peers need it: their apps, the same database and the same relay."""

import os
from importlib.util import find_spec

import environ

env = environ.Env()
_relay = env.email_url("EMAIL_URL")

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sites",
    # django-newsletter does not start without sorl-thumbnail; only `make bench` installs these.
    *(app for app in ("newsletter", "sorl.thumbnail", "post_office") if find_spec(app.split(".")[0])),
]
DATABASES = {"default": env.db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_HOST, EMAIL_PORT = _relay["EMAIL_HOST"], _relay["EMAIL_PORT"]
DEFAULT_FROM_EMAIL = "digest@digest.example"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
ROOT_URLCONF = "newsletter.urls"
SITE_ID = 1
USE_TZ = True
NEWSLETTER_THUMBNAIL = "sorl-thumbnail"
NEWSLETTER_USE_HTTPS = True
TIME_ZONE = "UTC"
LOGGING = {"version": 1, "loggers": {"post_office": {"level": "ERROR"}}}
