"""Which languages mails and pages come in.

A language is a folder of digest/locale/ with two catalogues; CONTRIBUTING.md says how to add one.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale

LOCALE = Path(__file__).resolve().parents[1] / "locale"
ENGLISH = "en"


@cache
def languages() -> Mapping[str, str]:
    """The code of each language that there are catalogues of, and its own name for itself; English first."""
    names = {code: Locale.parse(folder).get_display_name() or code for code, folder in folders().items()}
    return {code: name[:1].upper() + name[1:] for code, name in names.items()}


def folders() -> dict[str, str]:
    """Codes as browsers and HTML write them (“pt-br”), and the folders of their catalogues (“pt_BR”)."""
    found = sorted(path.parents[1].name for path in LOCALE.glob("*/LC_MESSAGES/letters.mo"))
    return {ENGLISH: ENGLISH} | {folder.replace("_", "-").lower(): folder for folder in found}
