"""Octets with slots for a reader's values, joined from parts and filled by joining."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from digest.compose.templating.quoted_printable import SLOT


class Slotted(NamedTuple):
    """Octets `head`, then runs: a slot stands before every one of a run's octets."""

    head: bytes = b""
    runs: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()

    @classmethod
    def of(cls, template: bytes) -> "Slotted":
        """A template that holds what `quoted_printable.slot` gives."""
        head, *rest = SLOT.split(template)
        return joined([cls(head), *(cls(b"", ((name, (octets,)),)) for name, octets in _pairs(rest))])

    @property
    def slots(self) -> frozenset[bytes]:
        """Which values are needed."""
        return frozenset(name for name, _ in self.runs)

    def filled(self, values: Mapping[bytes, bytes]) -> bytes:
        """The octets with a value in each slot."""
        parts = [self.head]
        for name, octets in self.runs:
            value = values[name]
            parts += (value, value.join(octets))
        return b"".join(parts)

    @property
    def octets(self) -> int:
        """How many octets are fixed."""
        return len(self.head) + sum(len(part) for _, octets in self.runs for part in octets)


def joined(parts: Iterable[Slotted]) -> Slotted:
    """The parts one after another."""
    runs: list[tuple[bytes, list[bytes]]] = []
    current, octets = b"", [b""]
    first = octets
    for head, more in parts:
        if head:
            octets[-1] += head
        for name, following in more:
            if name != current:
                current, octets = name, []
                runs.append((name, octets))
            octets.extend(following)
    return Slotted(first[0], tuple((name, tuple(octets)) for name, octets in runs))


def _pairs(values: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(values[::2], values[1::2], strict=True)
