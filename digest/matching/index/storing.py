"""An index to store: what of an `Index` stays in memory, and the blocks that queries read."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.blocks import Occurring, cut, lines, pack, packed_strings
from digest.matching.index.paper_index import Index
from digest.matching.index.paper_vectors import counted
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.stored_index import Family, StoredIndex
from digest.matching.index.string_table import Strings
from digest.matching.index.token_graph import TokenGraph
from digest.matching.ranking.similarity import rarity

_FAMILIES = ("first", "rest", "forms", "vectors")
_TEXTS = ("text_ends", "text_papers", "text_fields", "lengths", "sizes")
_FORMS = 1 << 11  # in a block of forms


@dataclass(frozen=True)
class Stored:
    """An index as bytes: `head`, for `opened`, and `blocks` by their numbers."""

    head: bytes
    blocks: Sequence[bytes]


def stored(index: Index) -> Stored:
    """`index` as bytes."""
    graph = index.graph
    blocks = [pack(np.diff(graph.versions, prepend=np.int32(0)))]
    columns: dict[str, NDArray[Any]] = {}

    def add(name: str, family: Iterable[tuple[bytes, bytes]]) -> Family:
        start, made = len(blocks), list(family)
        blocks.extend(block for _, block in made)
        firsts = [word for word, _ in made]
        columns[f"{name} start"], columns[f"{name} firsts"] = np.array(start), packed_strings(firsts)
        return Family(firsts, start)

    first = add("first", _occurring(graph, first=True))
    add("rest", _occurring(graph, first=False))
    add("forms", _forms(graph, first))
    add("vectors", _vectors(index))
    ends = np.flatnonzero(graph.words == -1) + 1
    vectors = index.vectors
    values = (ends.astype(np.int32), graph.text_papers, graph.text_fields, vectors.lengths, vectors.sizes)
    columns |= dict(zip(_TEXTS, values, strict=True))
    columns |= {f"number {number}": column for number, column in index.numbers.items()}
    columns |= {f"topic {slug}": papers for slug, papers in index.topics.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, count=np.array(index.count), **columns)
    return Stored(packed.getvalue(), blocks)


def opened(head: bytes) -> StoredIndex:
    """The index of which `head` was stored; raises `ValueError` or `KeyError` for anything else."""
    with np.load(io.BytesIO(head), allow_pickle=False) as columns:
        found = dict(columns)
    texts: dict[str, Any] = {name: found[name] for name in _TEXTS}
    families: dict[str, Any] = {
        name: Family(lines(found[f"{name} firsts"]), int(found[f"{name} start"])) for name in _FAMILIES
    }
    return StoredIndex(
        int(found["count"]),
        {number: found[f"number {number}"] for number in Number},
        {name[6:]: column for name, column in found.items() if name.startswith("topic ")},
        **texts,
        **families,
    )


def _occurring(graph: TokenGraph, *, first: bool) -> Iterator[tuple[bytes, bytes]]:
    """Blocks of where forms stand `first` in a text, or where else; each with its first stem."""
    order = np.argsort(graph.stem_of, kind="stable")  # of the forms, by stem
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    parts = [_by_form(graph, forms, rank, first=first) for forms in (graph.words, graph.joined)]
    (words, word_positions), (pairs, pair_positions) = parts
    used = np.flatnonzero(words + pairs)  # forms, in the order of their stems
    stem_of = graph.stem_of[order[used]]
    stems, starts, by_stem = np.unique(stem_of, return_index=True, return_counts=True)
    sizes = np.add.reduceat((words + pairs)[used], starts) if len(used) else np.zeros(0, np.int64)
    ends = [np.append(0, np.cumsum(counts[used])) for counts in (words, pairs)]
    for some in cut(sizes):
        forms = slice(starts[some.start], starts[some.start] + int(by_stem[some].sum()))
        word_span, pair_span = (slice(each[forms.start], each[forms.stop]) for each in ends)
        names = [graph.stems[number] for number in stems[some].tolist()]
        yield (
            names[0],
            Occurring(
                Strings.packing(names),
                [graph.forms[number] for number in order[used[forms]].tolist()],
                by_stem[some].astype(np.int32),
                words[used[forms]].astype(np.int32),
                pairs[used[forms]].astype(np.int32),
                word_positions[word_span],
                pair_positions[pair_span],
            ).dump(),
        )


def _by_form(
    graph: TokenGraph, forms: Numbers, rank: Numbers, *, first: bool
) -> tuple[NDArray[np.int64], Numbers]:
    """How often each form stands `first` in a text, or elsewhere, and where; in the order of ranks."""
    positions = np.flatnonzero(forms >= 0).astype(np.int32)
    ranks = rank[forms[positions]]
    order = np.argsort(ranks, kind="stable")
    positions, ranks = positions[order], ranks[order]
    is_first = np.diff(graph.texts[positions], prepend=-1) != 0
    is_first |= np.diff(ranks, prepend=-1) != 0
    chosen = is_first if first else ~is_first
    return np.bincount(ranks[chosen], minlength=len(rank)), positions[chosen]


def _forms(graph: TokenGraph, first: Family) -> Iterator[tuple[bytes, bytes]]:
    """Blocks of forms, and in which block of `first` each is."""
    block_of_stem = np.array(
        [bisect_right(first.firsts, stem) - 1 + first.start for stem in graph.stems], np.int32
    )
    blocks = block_of_stem[graph.stem_of]
    for start in range(0, len(graph.forms), _FORMS):
        numbers = range(start, min(start + _FORMS, len(graph.forms)))
        forms = [graph.forms[number] for number in numbers]
        yield forms[0], pack(packed_strings(forms), blocks[start : numbers.stop])


def _vectors(index: Index) -> Iterator[tuple[bytes, bytes]]:
    known = sorted(rarity(), key=str.encode)
    stems, papers, often = counted(
        index.graph, index.count, {stem: number for number, stem in enumerate(known)}
    )
    used, starts, sizes = np.unique(stems, return_index=True, return_counts=True)
    for some in cut(sizes):
        span = slice(starts[some.start], starts[some.start] + int(sizes[some].sum()))
        names = [known[number].encode() for number in used[some].tolist()]
        steps = np.diff(papers[span].astype(np.int32), prepend=np.int32(0))
        times = np.minimum(often[span], np.iinfo(np.uint16).max).astype(np.uint16)
        yield names[0], pack(packed_strings(names), sizes[some].astype(np.int32), steps, times)
