"""Blocks of a stored index: where consecutive words stand, as bytes that are read by themselves."""

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.phrase_automaton import Numbers, spread
from digest.matching.index.string_table import Strings

_MOST = 1 << 12  # positions in a block that has more than one stem
_QUICK = 1  # level of compression: reading is what counts


def pack(*columns: NDArray[np.generic]) -> bytes:
    """The columns as bytes, for `unpack`. Those of wide numbers byte by byte: high bytes are nearly all 0."""
    lengths = np.array([len(column) for column in columns], "<i4")
    planes = (
        column.astype(column.dtype.newbyteorder("<"))
        .view(np.uint8)
        .reshape(len(column), column.itemsize)
        .T.tobytes()
        for column in columns
    )
    return zlib.compress(lengths.tobytes() + b"".join(planes), _QUICK)


def unpack(packed: bytes, types: str) -> list[NDArray[np.generic]]:
    """The columns that were packed; `types` names the type of each, as NumPy does."""
    data, names = zlib.decompress(packed), types.split()
    lengths = np.frombuffer(data, "<i4", len(names)).tolist()
    columns, start = [], 4 * len(names)
    for name, length in zip(names, lengths, strict=True):
        kind = np.dtype(name).newbyteorder("<")
        planes = np.frombuffer(data, np.uint8, length * kind.itemsize, start).reshape(kind.itemsize, length)
        columns.append(np.ascontiguousarray(planes.T).view(kind).reshape(length).astype(name, copy=False))
        start += length * kind.itemsize
    return columns


def packed_strings(strings: Sequence[bytes]) -> NDArray[np.uint8]:
    """Strings without line feeds as a column, for `lines`."""
    return np.frombuffer(b"".join([entry + b"\n" for entry in strings]), np.uint8)


def lines(column: NDArray[np.generic]) -> list[bytes]:
    """The strings of a column."""
    return column.tobytes().split(b"\n")[:-1]


def cut(sizes: NDArray[np.int64]) -> Iterator[slice]:
    """Runs of consecutive entries that together have `_MOST` positions or, where one has more, only that."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = ends[first - 1] if first else 0
        after = max(int(np.searchsorted(ends, before + _MOST, "right")), first + 1)
        yield slice(first, after)
        first = after


@dataclass(frozen=True)
class Occurring:
    """Forms, by stem, and where each occurs: as a `words`, or as two words that may be read as one, `pairs`.

    `by_stem` is how many forms each stem has, `words` and `pairs` how often each form occurs; positions come
    in the order of the forms.
    """

    stems: Strings
    forms: Sequence[bytes]
    by_stem: Numbers
    words: Numbers
    pairs: Numbers
    word_positions: Numbers
    pair_positions: Numbers

    def dump(self) -> bytes:
        """For `load`. Positions as the steps between them, which are small."""
        steps = (np.diff(each, prepend=np.int32(0)) for each in (self.word_positions, self.pair_positions))
        stems = np.frombuffer(self.stems.packed, np.uint8)
        return pack(stems, packed_strings(self.forms), self.by_stem, self.words, self.pairs, *steps)

    @classmethod
    def load(cls, dumped: bytes) -> "Occurring":
        stems, forms, by_stem, words, pairs, *steps = unpack(dumped, "u1 u1 i4 i4 i4 i4 i4")
        positions = (np.cumsum(each, dtype=np.int32) for each in steps)
        return cls(Strings(stems.tobytes()), lines(forms), by_stem, words, pairs, *positions)  # type: ignore[arg-type]  # `unpack` gives these types

    def stem_of_forms(self) -> list[bytes]:
        """The stem of each form."""
        return [
            stem for stem, forms in zip(self.stems, self.by_stem.tolist(), strict=True) for _ in range(forms)
        ]

    def of(self, stems: Collection[bytes], prefixes: Sequence[bytes]) -> "Found":
        """Where the forms of these stems occur, and those other forms that begin with one of `prefixes`."""
        rows = [row for stem in stems if (row := self.stems.row(stem)) is not None]
        starts = np.append(0, np.cumsum(self.by_stem))
        chosen = np.zeros(len(self.forms), np.bool_)
        for row in rows:
            chosen[starts[row] : starts[row + 1]] = True
        if prefixes:
            begins = tuple(prefixes)
            chosen |= np.fromiter((form.startswith(begins) for form in self.forms), np.bool_, len(self.forms))
        numbers = np.flatnonzero(chosen)
        stem_of = np.searchsorted(starts, numbers, "right") - 1
        words, pairs = (_gathered(counts, numbers, positions) for counts, positions in self._columns())
        return Found(
            [self.forms[number] for number in numbers.tolist()],
            [self.stems[row] for row in stem_of.tolist()],
            *words,
            *pairs,
        )

    def _columns(self) -> tuple[tuple[Numbers, Numbers], ...]:
        return (self.words, self.word_positions), (self.pairs, self.pair_positions)


@dataclass(frozen=True)
class Found:
    """Some forms with their stems, and where they occur, as a position and the number of the form there."""

    forms: Sequence[bytes]
    stems: Sequence[bytes]
    words: Numbers
    word_positions: Numbers
    pairs: Numbers
    pair_positions: Numbers


def _gathered(counts: Numbers, chosen: NDArray[np.intp], positions: Numbers) -> tuple[Numbers, Numbers]:
    ends = np.cumsum(counts, dtype=np.int64)
    owners, where = spread(ends[chosen] - counts[chosen], ends[chosen])
    return owners.astype(np.int32), positions[where]
