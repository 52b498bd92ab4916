"""The library that visitors and readers bring: pasted or uploaded, read, and not stored as it was."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy, ngettext

from digest.library.reading import MOST_BYTES, MOST_ENTRIES, Entry, Problem, read
from digest.web.page_language import current_language, translate
from subscriptions.accounts.library import DAILY, Library

MOST_DAILY = 50
_TOLD = 20  # lines that were not understood
_NO_NUMBER = gettext_lazy("A whole number from 1 to 50.")
FRESH_LIBRARY = {"library_ask": "on", "library_daily": str(DAILY)}


class LibraryForm(forms.Form):
    """A library to start from, and what it is for.

    What was not understood is told once; what was is shown again as lines, so that another press goes on
    without the rest.
    """

    library = forms.CharField(required=False, max_length=MOST_BYTES)
    library_file = forms.FileField(required=False)
    library_ask = forms.BooleanField(required=False)
    library_order_only = forms.BooleanField(required=False)
    library_daily = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAILY,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _NO_NUMBER),
    )

    has_library = False  # before this one
    _found: tuple[Entry, ...] | None = None  # once it was read

    def clean_library_file(self) -> tuple[Entry, ...]:
        """The papers of the file and of what was pasted, each once."""
        file = self.cleaned_data["library_file"]
        if file is not None and file.size > MOST_BYTES:
            said = gettext("This file is larger than %(most)s kB. Export it without abstracts and notes.")
            raise ValidationError(said % {"most": current_language().number(MOST_BYTES // 1000)})
        readings = [
            read(self.cleaned_data.get("library", "")),
            read(file.read() if file is not None else b""),
        ]
        found = {entry.key: entry for reading in reversed(readings) for entry in reading.entries}
        self._found = tuple(found.values())[:MOST_ENTRIES]
        if problems := [problem for reading in readings for problem in reading.problems]:
            raise ValidationError(_sentences(problems))
        return self._found

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What was understood, whether or not all of it was."""
        return self._found or ()

    @property
    def library_lines(self) -> str:
        """What was entered; once it was read, what of it was understood, that of the file too."""
        if self._found is None:
            return str(self["library"].value() or "")
        return "\n".join(entry.written for entry in self._found)

    @property
    def brings_papers(self) -> bool:
        """Whether the valid library is to bring papers, and not to decide on their order only."""
        return self._is_there and not self.cleaned_data["library_order_only"]

    @property
    def _is_there(self) -> bool:
        return self.has_library or bool(self.cleaned_data.get("library_file"))

    def library_brought(self) -> Library:
        """The valid library."""
        return Library(self.cleaned_data["library_file"], ask=self.cleaned_data["library_ask"])

    def daily(self) -> int:
        """So many papers a day it may bring; 0: none."""
        given = self.cleaned_data
        return (given["library_daily"] or DAILY) if self.brings_papers else 0


def _sentences(problems: Sequence[Problem]) -> list[str]:
    """A sentence for each of the first lines, and how many there are beyond."""
    line = gettext("Line %(number)s, “%(text)s”: %(why)s.")
    told = [
        line % {"number": problem.line, "text": problem.text, "why": translate(problem.why)}
        for problem in problems[:_TOLD]
    ]
    beyond = len(problems) - len(told)
    if beyond:
        told.append(ngettext("%(num)s more line.", "%(num)s more lines.", beyond) % {"num": beyond})
    return told
