"""A text that is written where something is found wrong, and translated where it is shown.

Pure. The code that raises it knows no language; `str` says it in English, for operators and logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """An English text with `values` in the places of its %(name)s; the text is what catalogues translate."""

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.text % self.values


def said(text: str, **values: object) -> Said:
    """`text`, which `make translate` collects from here as it does from gettext."""
    return Said(text, values)
