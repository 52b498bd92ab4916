"""Stored indexes merged: those of their papers that are still wanted make one `Index`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.blocks import Occurring
from digest.matching.index.paper_index import Index
from digest.matching.index.stored_index import Read, StoredIndex
from digest.matching.index.string_table import Strings
from digest.matching.index.token_graph import TokenGraph, before_versions

Part = tuple[StoredIndex, Read, NDArray[np.bool_]]  # an index, its blocks, and which of its papers are kept


def merged(parts: Sequence[Part]) -> Index:
    """One index of the papers of each part that are kept, in their order."""
    return Index(
        sum(int(kept.sum()) for _, _, kept in parts),
        _concatenated([(_graph(index, read), kept) for index, read, kept in parts]),
        {n: np.concatenate([index.numbers[n][kept] for index, _, kept in parts]) for n in Number},
        _topics(parts),
    )


def _topics(parts: Sequence[Part]) -> Mapping[str, NDArray[np.bool_]]:
    return {
        slug: np.concatenate(
            [index.topics.get(slug, np.zeros(index.count, np.bool_))[kept] for index, _, kept in parts]
        )
        for slug in {slug for index, _, _ in parts for slug in index.topics}
    }


def _graph(index: StoredIndex, read: Read) -> TokenGraph:
    """The whole token graph of a stored index."""
    first, rest = (
        [Occurring.load(block) for block in read(range(family.start, end))]
        for family, end in ((index.first, index.rest.start), (index.rest, index.forms.start))
    )
    stem_of = {
        form: stem for each in first for form, stem in zip(each.forms, each.stem_of_forms(), strict=True)
    }
    table, numbers = _table(stem_of)
    length = int(index.text_ends[-1]) if len(index.text_ends) else 0
    words, joined = np.full(length, -1, np.int32), np.full(length, -1, np.int32)
    for each in first + rest:
        own = np.array([numbers[form] for form in each.forms], np.int32)
        words[each.word_positions] = np.repeat(own, each.words)
        joined[each.pair_positions] = np.repeat(own, each.pairs)
    return TokenGraph(
        *table,
        words=words,
        joined=joined,
        versions=before_versions(table[0], words, joined),
        text_papers=index.text_papers,
        text_fields=index.text_fields,
    )


def _table(
    stem_by_form: Mapping[bytes, bytes],
) -> tuple[tuple[Strings, Strings, NDArray[np.int32]], dict[bytes, int]]:
    """The forms and stems in order, and the number of each form's stem; and of each form its number."""
    forms, stems = sorted(stem_by_form), sorted(set(stem_by_form.values()))
    number = {stem: place for place, stem in enumerate(stems)}
    stem_of = np.array([number[stem_by_form[form]] for form in forms], np.int32)
    return (Strings.packing(forms), Strings.packing(stems), stem_of), {
        form: place for place, form in enumerate(forms)
    }


def _concatenated(graphs: Sequence[tuple[TokenGraph, NDArray[np.bool_]]]) -> TokenGraph:
    """The texts of those papers of each graph that are kept."""
    words, joined, papers, fields = [], [], [], []
    stem_by_form: dict[bytes, bytes] = {}
    for graph, _ in graphs:
        stem_by_form.update(
            zip(graph.forms, map(graph.stems.__getitem__, graph.stem_of.tolist()), strict=True)
        )
    table, numbers = _table(stem_by_form)
    before = 0
    for graph, kept in graphs:
        own = np.append(np.array([numbers[form] for form in graph.forms], np.int32), np.int32(-1))
        texts = kept[graph.text_papers]
        tokens = texts[graph.texts]
        words.append(own[graph.words[tokens]])
        joined.append(own[graph.joined[tokens]])
        renumbered = (np.cumsum(kept) - 1 + before).astype(np.int32)
        papers.append(renumbered[graph.text_papers[texts]])
        fields.append(graph.text_fields[texts])
        before += int(kept.sum())
    all_words, all_joined = np.concatenate(words), np.concatenate(joined)
    return TokenGraph(
        *table,
        words=all_words,
        joined=all_joined,
        versions=before_versions(table[0], all_words, all_joined),
        text_papers=np.concatenate(papers),
        text_fields=np.concatenate(fields),
    )
