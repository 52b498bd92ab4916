"""A text that is written where something is found wrong, and translated where it is shown.

Pure. It is what gettext's manual calls a deferred translation: the code that raises it knows no language,
and `str` gives it in English, for operators and logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeferredText:
    """An English text with `values` in the places of its %(name)s; the text is what catalogues translate."""

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.text % self.values


def deferred(text: str, **values: object) -> DeferredText:
    """`text`, which `make translate` collects from here as it does from gettext."""
    return DeferredText(text, values)
