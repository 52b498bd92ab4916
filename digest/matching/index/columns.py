"""Columns of numbers and strings as bytes that are read at once, without unpacking each value."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.phrase_automaton import Numbers

_QUICK = 1  # level of compression: reading is what counts
_STRINGS = 0  # compressed; the other kinds are the bytes of a number
_TYPES = {1: "<u1", 2: "<u2", 4: "<i4"}
_HEADER = 3  # numbers for each column: its kind, how many values or bytes it has, how many are too large


def pack(*columns: NDArray[np.integer] | Sequence[bytes]) -> bytes:
    """The columns as bytes, for `unpack`: numbers of at most 32 bits, and strings without line feeds."""
    header, parts = [], []
    for column in columns:
        kind, size, large, content = (
            _narrowed(column.astype(np.int32)) if isinstance(column, np.ndarray) else _compressed(column)
        )
        header += [kind, size, large]
        parts.append(content)
    return np.array([len(columns), *header], "<i4").tobytes() + b"".join(parts)


def unpack(packed: bytes) -> tuple[list[bytes], list[Numbers]]:
    """The columns of strings, each as one with a line feed after every string, and those of numbers."""
    count = int(np.frombuffer(packed, "<i4", 1)[0])
    header = np.frombuffer(packed, "<i4", _HEADER * count, 4).tolist()
    strings, numbers, start = [], [], 4 * (1 + _HEADER * count)
    for kind, size, large in zip(*(header[first::_HEADER] for first in range(_HEADER)), strict=True):
        if kind == _STRINGS:
            strings.append(zlib.decompress(packed[start : start + size]))
            start += size
            continue
        values = np.frombuffer(packed, _TYPES[kind], size, start)
        column = values.astype(np.int32)
        start += kind * size
        if large:
            column[values == _largest(kind)] = np.frombuffer(packed, "<i4", large, start)
            start += 4 * large
        numbers.append(column)
    return strings, numbers


def lines(strings: bytes) -> list[bytes]:
    """The strings of a column."""
    return strings.split(b"\n")[:-1]


def steps(numbers: NDArray[np.integer]) -> Numbers:
    """The differences between consecutive numbers, which are small where these ascend; for `sums`."""
    return np.asarray(np.diff(numbers.astype(np.int32), prepend=np.int32(0)), np.int32)


def sums(differences: Numbers) -> Numbers:
    """The numbers between which these are the differences."""
    return np.cumsum(differences, dtype=np.int32)


def _compressed(strings: Sequence[bytes]) -> tuple[int, int, int, bytes]:
    content = zlib.compress(b"".join([entry + b"\n" for entry in strings]), _QUICK)
    return _STRINGS, len(content), 0, content


def _narrowed(column: Numbers) -> tuple[int, int, int, bytes]:
    """In as few bytes a number as make it smallest; those that do not fit are marked, and come after."""
    best = 4, len(column), 0, column.astype("<i4").tobytes()
    for kind in (1, 2):
        mark = _largest(kind)
        large = (column < 0) | (column >= mark)
        content = np.where(large, mark, column).astype(_TYPES[kind]).tobytes()
        content += column[large].astype("<i4").tobytes()
        if len(content) < len(best[3]):
            best = kind, len(column), int(large.sum()), content
    return best


def _largest(kind: int) -> int:
    return (1 << 8 * kind) - 1
