#!/usr/bin/env bash
# premailer 3.10.0 with cssutils 2.15.0: two declarations of one property, the usual way to give old programs a
# fallback, become one, and it is the newer one that stays. `!important` in a @media rule that is kept in the head is
# lost, so that the inlined colour wins over it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check premailer==3.10.0 cssutils==2.15.0
.venv/bin/python - <<'PYTHON'
import logging

from premailer import Premailer


def inlined(css):
    page = f"<html><head><style>{css}</style></head><body><p>x</p></body></html>"
    return Premailer(page, cssutils_logging_level=logging.CRITICAL).transform()


twice = inlined("p { color: #111; color: light-dark(#111, #eee) }")
print(twice)
assert "light-dark(#111, #eee)" in twice and "color:#111" not in twice.replace(" ", ""), "the fallback is kept now"

dark = inlined("p { color: #111 } @media (prefers-color-scheme: dark) { p { color: #eee !important } }")
print(dark)
assert "@media" in dark and "#eee" in dark and "!important" not in dark, "!important is kept now"
PYTHON
