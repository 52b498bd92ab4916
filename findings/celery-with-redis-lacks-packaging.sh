#!/usr/bin/env bash
# celery 5.7.0 with kombu 5.7.0: the Redis transport imports `packaging`, which neither celery, kombu nor redis 8.1.0
# requires. `pip install celery redis` installs without complaint and fails when the broker is first used.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check celery==5.7.0 kombu==5.7.0 redis==8.1.0
.venv/bin/python - <<'PYTHON'
from celery import Celery

try:
    Celery(broker="redis://127.0.0.1:6379").connection()
except ModuleNotFoundError as error:
    print(error)
    assert error.name == "packaging"
else:
    raise AssertionError("packaging is not needed, or brought, now")
PYTHON
