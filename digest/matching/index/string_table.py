"""A sorted table of strings as plain bytes: small, quick to store, and searched without unpacking."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_MANY = 16  # from one wanted string in so many of the table, one pass over all is faster than bisecting


class Strings(Sequence[bytes]):
    """Distinct strings without line feeds, in the order of their code points, as UTF-8."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        ends = np.flatnonzero(np.frombuffer(packed, np.uint8) == ord("\n"))
        self._ends: NDArray[np.int64] = np.concatenate(([-1], ends))

    @classmethod
    def of(cls, ordered: Iterable[str]) -> "Strings":
        """The table of strings that are in order already."""
        return cls("".join(f"{entry}\n" for entry in ordered).encode())

    @classmethod
    def packing(cls, ordered: Iterable[bytes]) -> "Strings":
        """The table of strings that are UTF-8 and in order already."""
        return cls(b"".join([entry + b"\n" for entry in ordered]))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]
        return self.packed[self._ends[number] + 1 : self._ends[number + 1]]

    def find(self, wanted: Mapping[str, int]) -> NDArray[np.int32]:
        """For each string of the table its number in `wanted`, or -1."""
        numbers = np.full(len(self), -1, np.int32)
        if len(wanted) * _MANY > len(self):
            get = {entry.encode(): number for entry, number in wanted.items()}.get
            rows = self.packed.split(b"\n")[:-1]
            numbers[:] = np.fromiter((get(row, -1) for row in rows), np.int32, len(rows))
            return numbers
        for entry, number in wanted.items():
            row = self.row(entry.encode())
            if row is not None:
                numbers[row] = number
        return numbers

    def row(self, entry: bytes) -> int | None:
        """Where `entry` stands in the table, if it does."""
        row = bisect_left(self, entry)
        return row if row < len(self) and self[row] == entry else None

    def beginning(self, prefix: str) -> tuple[int, int]:
        """The first of the strings that begin so, and the end of their run."""
        start = prefix.encode()
        # 0xff is in no UTF-8 text, so it stands after every continuation of the prefix.
        return bisect_left(self, start), bisect_left(self, start + b"\xff")
