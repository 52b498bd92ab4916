"""Indexes joined: those of their papers that are wanted make one, and no text is split again."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.paper_index import Index
from digest.matching.index.string_table import Strings
from digest.matching.index.token_graph import TokenGraph, before_versions

Part = tuple[Index, NDArray[np.bool_]]  # an index, and which of its papers are wanted


def joined(parts: Sequence[Part]) -> Index:
    """One index of the wanted papers of each part, in their order; topics are not taken along."""
    tables = _Tables([index.graph for index, _ in parts])
    words, pairs, papers, fields = [], [], [], []
    before = 0
    for number, (index, wanted) in enumerate(parts):
        graph, own = index.graph, tables.own[number]
        texts = wanted[graph.text_papers]
        tokens = texts[graph.texts]
        words.append(own[graph.words[tokens]])
        pairs.append(own[graph.joined[tokens]])
        papers.append((np.cumsum(wanted) - 1 + before).astype(np.int32)[graph.text_papers[texts]])
        fields.append(graph.text_fields[texts])
        before += int(wanted.sum())
    all_words, all_pairs = np.concatenate(words), np.concatenate(pairs)
    graph = TokenGraph(
        forms=tables.forms,
        stems=tables.stems,
        stem_of=tables.stem_of,
        words=all_words,
        joined=all_pairs,
        versions=before_versions(tables.forms, all_words, all_pairs),
        text_papers=np.concatenate(papers),
        text_fields=np.concatenate(fields),
    )
    numbers = {n: np.concatenate([index.numbers[n][wanted] for index, wanted in parts]) for n in Number}
    return Index(before, graph, numbers, {})


class _Tables:
    """The forms and stems of some graphs as one; `own` has for the number of each graph's form that in it.

    The last number of each stands for -1, no form.
    """

    def __init__(self, graphs: Sequence[TokenGraph]) -> None:
        self.own: list[NDArray[np.int32]] = []
        if len(graphs) == 1:
            (graph,) = graphs
            self.forms, self.stems, self.stem_of = graph.forms, graph.stems, graph.stem_of
            self.own = [np.append(np.arange(len(graph.forms), dtype=np.int32), np.int32(-1))]
            return
        stem_by_form: dict[bytes, bytes] = {}
        for graph in graphs:
            stems = list(graph.stems)
            stem_by_form |= zip(graph.forms, (stems[n] for n in graph.stem_of.tolist()), strict=True)
        forms, every_stem = sorted(stem_by_form), sorted(set(stem_by_form.values()))
        form_numbers = {form: number for number, form in enumerate(forms)}
        stem_numbers = {stem: number for number, stem in enumerate(every_stem)}
        self.forms, self.stems = Strings.packing(forms), Strings.packing(every_stem)
        self.stem_of = np.array([stem_numbers[stem_by_form[form]] for form in forms], np.int32)
        self.own = [
            np.array([*(form_numbers[form] for form in graph.forms), -1], np.int32) for graph in graphs
        ]
