"""An index to store: what of it stays in memory, and the blocks that searches read; and several merged."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.columns import lines, pack, steps, sums, unpack
from digest.matching.index.paper_index import Index
from digest.matching.index.paper_vectors import counted
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.postings import Postings, cut
from digest.matching.index.stored_index import Family, ReadNumbers, StoredIndex
from digest.matching.ranking.similarity import rarity

_FAMILIES = ("slots", "places", "forms", "vectors")
_FORMS = 1 << 11  # in a block of forms

Part = tuple[StoredIndex, ReadNumbers, NDArray[np.bool_]]  # and which of its papers are kept


@dataclass(frozen=True)
class Stored:
    """An index as bytes: `head`, for `opened`, and `blocks` by their numbers."""

    head: bytes
    blocks: Sequence[bytes]


@dataclass(frozen=True)
class _Counts:
    """How `often` each of `papers` has the stems by which papers are compared, `by_stem` entries each."""

    stems: Sequence[bytes]
    by_stem: Numbers
    papers: Numbers
    often: Numbers


def stored(index: Index) -> Stored:
    """`index` as bytes."""
    vectors = index.vectors
    return _written(
        StoredColumns(index.count, index.numbers, index.topics, vectors.lengths, vectors.sizes),
        Postings.of(index.graph),
        _counts(index),
    )


def merged(parts: Sequence[Part]) -> Stored:
    """One index, as bytes, of those papers of each part that are kept, in their order."""
    renumbered, before = [], 0
    for _, _, kept in parts:
        renumbered.append(np.where(kept, np.cumsum(kept) - 1 + before, -1).astype(np.int32))
        before += int(kept.sum())
    columns = StoredColumns(
        before,
        {n: np.concatenate([one.numbers[n][kept] for one, _, kept in parts]) for n in Number},
        {
            slug: np.concatenate([one.having(slug)[kept] for one, _, kept in parts])
            for slug in {slug for one, _, _ in parts for slug in one.topics}
        },
        np.concatenate([one.lengths[kept] for one, _, kept in parts]),
        np.concatenate([one.sizes[kept] for one, _, kept in parts]),
    )
    postings = [_postings(one, read) for one, read, _ in parts]
    counts = [_read_counts(one, read) for one, read, _ in parts]
    return _written(
        columns,
        Postings.merged(list(zip(postings, renumbered, strict=True))),
        _merged_counts(list(zip(counts, renumbered, strict=True))),
    )


@dataclass(frozen=True)
class StoredColumns:
    """What an index says of each paper."""

    count: int
    numbers: Mapping[Number, NDArray[np.int64]]
    topics: Mapping[str, NDArray[np.bool_]]
    lengths: NDArray[np.float64]
    sizes: NDArray[np.int64]


def _written(columns: StoredColumns, postings: Postings, counts: _Counts) -> Stored:
    made = list(postings.blocks())
    firsts = [first for first, _, _ in made]
    families = {
        "slots": [(first, slots) for first, slots, _ in made],
        "places": [(first, places) for first, _, places in made],
        "forms": list(_forms(postings, firsts)),
        "vectors": list(_vectors(counts)),
    }
    blocks = [block for name in _FAMILIES for _, block in families[name]]
    names = [word for name in _FAMILIES for word, _ in families[name]]
    slugs = sorted(columns.topics)
    head = pack(
        names,
        [slug.encode() for slug in slugs],
        np.array([columns.count, *(len(families[name]) for name in _FAMILIES)]),
        _halves(columns.lengths.view(np.int64)),
        columns.sizes,
        *(_halves(columns.numbers[number]) for number in Number),
        *(columns.topics[slug].astype(np.int32) for slug in slugs),
    )
    return Stored(head, blocks)


def opened(head: bytes) -> StoredIndex:
    """The index of which `head` was stored."""
    (names, slugs), (sizes_of, lengths, sizes, *columns) = unpack(head)
    count, *of_families = sizes_of.tolist()
    words, families, start = lines(names), {}, 0
    for name, size in zip(_FAMILIES, of_families, strict=True):
        families[name] = Family(words[start : start + size], start)
        start += size
    numbers, topics = columns[: len(Number)], columns[len(Number) :]
    return StoredIndex(
        count,
        {number: _whole(column) for number, column in zip(Number, numbers, strict=True)},
        {slug.decode(): column.astype(np.bool_) for slug, column in zip(lines(slugs), topics, strict=True)},
        _whole(lengths).view(np.float64),
        sizes.astype(np.int64),
        **families,
    )


def _halves(column: NDArray[np.int64]) -> NDArray[np.int32]:
    """Numbers of 64 bits as the low halves of all, then the high ones."""
    return np.ascontiguousarray(column).view(np.int32).reshape(-1, 2).T.ravel()


def _whole(halves: Numbers) -> NDArray[np.int64]:
    return np.ascontiguousarray(halves.reshape(2, -1).T).view(np.int64).ravel()


def _forms(postings: Postings, firsts: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Blocks of forms in their own order, and in which block of slots each is."""
    block_of_stem = [bisect_right(firsts, stem) - 1 for stem in postings.stems]
    block_of = np.repeat(np.array(block_of_stem, np.int32), postings.by_stem).tolist()
    pairs = sorted(zip(postings.forms, block_of, strict=True))
    for start in range(0, len(pairs), _FORMS):
        forms, numbers = zip(*pairs[start : start + _FORMS], strict=True)
        yield forms[0], pack(forms, np.array(numbers, np.int32))


def _vectors(counts: _Counts) -> Iterator[tuple[bytes, bytes]]:
    ends = np.append(0, np.cumsum(counts.by_stem))
    for some in cut(counts.by_stem):
        span = slice(ends[some.start], ends[some.stop])
        columns = counts.by_stem[some], steps(counts.papers[span]), counts.often[span]
        yield counts.stems[some.start], pack(counts.stems[some], *columns)


def _counts(index: Index) -> _Counts:
    known = sorted(rarity(), key=str.encode)
    stems, papers, often = counted(
        index.graph, index.count, {stem: number for number, stem in enumerate(known)}
    )
    used, by_stem = np.unique(stems, return_counts=True)
    names = [known[number].encode() for number in used.tolist()]
    return _Counts(names, by_stem.astype(np.int32), papers.astype(np.int32), often.astype(np.int32))


def _merged_counts(parts: Sequence[tuple[_Counts, Numbers]]) -> _Counts:
    names = sorted({stem for one, _ in parts for stem in one.stems})
    number = {stem: place for place, stem in enumerate(names)}
    stems = np.concatenate(
        [np.repeat([number[stem] for stem in one.stems], one.by_stem).astype(np.int64) for one, _ in parts]
    )
    papers = np.concatenate([papers[one.papers] for one, papers in parts])
    often = np.concatenate([one.often for one, _ in parts])
    kept = papers >= 0
    order = np.argsort(stems[kept], kind="stable")
    used, by_stem = np.unique(stems[kept], return_counts=True)
    return _Counts(
        [names[row] for row in used.tolist()],
        by_stem.astype(np.int32),
        papers[kept][order],
        often[kept][order],
    )


def _postings(index: StoredIndex, read: ReadNumbers) -> Postings:
    count = len(index.slots.firsts)
    slots, places = (
        list(read(range(family.start, family.start + count))) for family in (index.slots, index.places)
    )
    return Postings.joined(list(zip(slots, places, strict=True)))


def _read_counts(index: StoredIndex, read: ReadNumbers) -> _Counts:
    first = index.vectors.start
    found = [unpack(block) for block in read(range(first, first + len(index.vectors.firsts)))]
    none = np.zeros(0, np.int32)
    columns = [numbers for _, numbers in found]
    return _Counts(
        [stem for (names,), _ in found for stem in lines(names)],
        np.concatenate([none, *(by_stem for by_stem, _, _ in columns)]),
        np.concatenate([none, *(sums(differences) for _, differences, _ in columns)]),
        np.concatenate([none, *(often for _, _, often in columns)]),
    )
