#!/usr/bin/env bash
# Babel 2.19.0: a skeleton with a whole weekday (EEEE) comes back with a short one, in every language tried. The nearest
# pattern of CLDR has EEE; Unicode's rule (UTS 35, matching skeletons) then widens the field to what was asked for. The
# month, asked for whole, is whole.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" --quiet install --disable-pip-version-check Babel==2.19.0

"$work/env/bin/python" - <<'PYTHON'
from datetime import date

from babel.dates import format_date, format_skeleton

day = date(2025, 11, 5)
expected = {"en": "Wed, November 5", "de": "Mi., 5. November", "fr": "mer. 5 novembre", "pl": "śr., 5 listopada"}
found = {language: format_skeleton("MMMMEEEEd", day, locale=language) for language in expected}
for language, text in found.items():
    print(language, "MMMMEEEEd:", text, "| full date:", format_date(day, "full", locale=language))
raise SystemExit(found != expected)
PYTHON
