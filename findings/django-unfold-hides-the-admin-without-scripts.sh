#!/usr/bin/env bash
# django-unfold 0.91.0 on Django 5.2.19: every page of the admin, the sign-in too, has x-cloak on its <html> element, the
# style sheet hides what has it, and only a script takes it away. Where scripts do not run (blocked, a text browser, a
# Content-Security-Policy of one's own) the whole admin is blank, though Django's own admin works without any.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check Django==5.2.19 django-unfold==0.91.0
cat > urls.py <<'PYTHON'
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
PYTHON
cat > look.py <<'PYTHON'
import re
from pathlib import Path

import django
import unfold
from django.conf import settings

DJANGO = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes"]
DJANGO += ["django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles"]
PROCESSORS = [
    f"django.{name}" for name in ("template.context_processors.request", "contrib.auth.context_processors.auth")
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": PROCESSORS},
    }
]
settings.configure(
    SECRET_KEY="x",
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF="urls",
    INSTALLED_APPS=["unfold", *DJANGO],
    TEMPLATES=TEMPLATES,
    STATIC_URL="static/",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
django.setup()
from django.test import Client

page = Client().get("/admin/login/").content.decode()
html = re.search(r"<html[^>]*>", page)[0]
styles = next(Path(unfold.__file__).parent.rglob("unfold/css/styles.css")).read_text()
rule = re.search(r"\[x-cloak\]\s*\{[^}]*\}", styles)[0]
print("the page begins with", re.sub(r'\s(class|lang|dir|x-data)="[^"]*"', "", html, flags=re.S))
print("its style sheet has", rule)
print("and there is", "a" if "<noscript" in page else "no", "<noscript> in the page")
assert "x-cloak" in html and "display:none" in rule.replace(" ", "") and "<noscript" not in page
PYTHON
.venv/bin/python look.py
