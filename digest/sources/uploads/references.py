"""What reference managers write, split into its records: what both BibTeX and RIS come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reference:
    """The record that begins in line `line`, as it is `written`: its values by field, as they stand there."""

    line: int
    fields: Mapping[str, Sequence[str]]
    written: str

    def first(self, *names: str) -> str:
        """The first value of the first of these fields that has any; "" if none has."""
        return next((value for name in names for value in self.fields.get(name, ()) if value.strip()), "")


@dataclass(frozen=True, slots=True)
class Unread:
    """What is no record: one without an end, what stands outside of any, or all from there on."""

    line: int
    text: str
    why: Literal["no end", "outside", "too much"]
