"""What a command loads before it does anything: an operator's script may ask every minute how things are."""

import os
import subprocess
import sys
from pathlib import Path

from tests.services.processes import ROOT

# Each costs a tenth of a second or ten megabytes, and has nothing to say about how the service is.
_NOT_FOR_STATUS = {
    "bs4": "reads pages of sources",
    "bibtexparser": "reads what readers bring",
    "celery": "wakes workers",
    "cssutils": "inlines styles",
    "digest.admin": "are pages",
    "digest.compose": "composes mails",
    "digest.sources": "reads sources",
    "digest.urls": "are pages",
    "feedparser": "reads feeds",
    "httpx": "asks sources",
    "jinja2": "renders",
    "lxml": "inlines styles",
    "numpy": "matches",
    "premailer": "inlines styles",
    "psycopg": "is for PostgreSQL, and this is SQLite",
    "requests": "fetches for premailer what there never is",
    "unfold.admin": "are pages",
}
_SAYS = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "status"])
print(*sys.modules)
"""


def test_status_loads_nothing_that_it_has_no_use_for(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "digest.settings",
        "DATABASE_URL": "",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True
    )
    ran = subprocess.run(
        [sys.executable, "-c", _SAYS], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    shown, _, loaded = ran.stdout.strip().rpartition("\n")
    assert "papers        0" in shown
    assert not _NOT_FOR_STATUS.keys() & set(loaded.split())


def test_the_admin_is_there_once_a_page_is_asked_for_and_django_finds_no_fault_with_it() -> None:
    code = (
        "import django; django.setup(); import digest.urls\n"
        "from django.contrib import admin; from django.core.checks import run_checks\n"
        "pages = {model.__name__ for model in admin.site._registry}\n"
        "print({'Delivery', 'Source', 'User'} <= pages, run_checks(tags=['admin']))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "digest.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "True []"
