#!/usr/bin/env bash
# prometheus-client 0.26.0 in multiprocess mode: a Gauge whose value comes from a callback (set_function) is exported
# as 0.0 without a warning, and an Info metric is not exported at all.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check prometheus-client==0.26.0
.venv/bin/python - <<'PYTHON'
import os
import tempfile

os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(dir=".")
from prometheus_client import CollectorRegistry, Gauge, Info, generate_latest, multiprocess

Gauge("queue_depth", "Messages that wait.").set_function(lambda: 42)
Info("build", "What runs.").info({"version": "1"})
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
shown = generate_latest(registry).decode()
print(shown)
assert "queue_depth{" in shown and "} 0.0" in shown and "42" not in shown, "callbacks are asked now"
assert "build" not in shown, "Info is exported now"
PYTHON
