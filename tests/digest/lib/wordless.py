"""A language that writes dates and lists without words, so that every word comes from a catalogue."""

from collections.abc import Sequence

from babel.dates import parse_pattern

from digest.lib.locales import Language


class Wordless(Language):
    """“5.11.2025”, “a, b”, and numbers for the names of days and months."""

    def __init__(self) -> None:
        super().__init__("en")
        self._patterns = dict.fromkeys(self._patterns, parse_pattern("d.M.y")) | {
            "time": self._patterns["time"]
        }

    def listed(self, names: Sequence[str]) -> str:
        return ", ".join(names)

    def weekday(self, number: int) -> str:
        return str(number)

    def month(self, number: int) -> str:
        return str(number)
