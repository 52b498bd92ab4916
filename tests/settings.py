"""The service's settings for its own tests: nothing of the developer's environment, nothing kept.

TEST_DATABASE_URL runs the tests on that server instead of SQLite; each test process makes its own
database there.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

_SETTINGS = Path(__file__).parents[1] / "digest" / "settings.py"
for _name in re.findall(r'\bread\.\w+\(\s*"([A-Z_]+)"', _SETTINGS.read_text()):
    os.environ.pop(_name, None)

_directory = tempfile.mkdtemp(prefix="digest-test-")
atexit.register(shutil.rmtree, _directory, ignore_errors=True)
os.environ["DATA_DIR"] = _directory
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in the thread that queries
if _url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = _url

from digest.settings import *  # noqa: E402, F403  after the environment is made
from digest.settings import DATABASES, STATIC_ROOT, STORAGES, TEMPLATES  # noqa: E402

STATIC_ROOT.mkdir()  # else WhiteNoise warns

# A file, as in life: threads and other processes see the same tables, and locks are the real ones.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_directory) / "test.sqlite3")}
# Pages are asked for without `collectstatic` before.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "OPTIONS": {"environment": "tests.page_templates.environment"},
    },
    TEMPLATES[1],
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
CELERY_BROKER_URL = "memory://"  # a task called from a unit test waits where nobody works
