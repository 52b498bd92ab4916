#!/usr/bin/env bash
# Django 5.2.19: MONTH_DAY_FORMAT says “2 Ноябрь” in Russian, as if one wrote “2 of the month November” in the
# dictionary form; Czech, Ukrainian, Finnish, Croatian, Greek and Slovak are the same. Polish is right.
# Babel 2.18.0 gives the genitive (CLDR skeleton MMMMd).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check Django==5.2.19 Babel==2.18.0
.venv/bin/python - <<'PYTHON'
from datetime import date

import django
from babel.dates import format_skeleton
from django.conf import settings
from django.utils import formats, translation

settings.configure(USE_I18N=True)
django.setup()
day = date(2026, 11, 2)
seen = {}
for language in ("cs", "ru", "uk", "fi", "hr", "el", "sk", "pl"):
    with translation.override(language):
        seen[language] = formats.date_format(day, "MONTH_DAY_FORMAT"), format_skeleton("MMMMd", day, locale=language)
    print(language, *seen[language], sep="  ")
assert seen["ru"] == ("2 Ноябрь", "2 ноября")
assert seen["cs"] == ("2. listopad", "2. listopadu")
assert seen["fi"] == ("2. marraskuu", "2. marraskuuta")
assert seen["sk"] == ("2. november", "2. novembra")
assert seen["pl"][0] == seen["pl"][1] == "2 listopada"
PYTHON
