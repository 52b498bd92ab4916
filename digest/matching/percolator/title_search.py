"""Search that also says how well a paper answers the query: by its title, or by how like it is to another."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import And, Field, Like, Near, Node, Or, Query, Term, Weight
from digest.matching.index.stored_index import StoredIndexes
from digest.matching.percolator.stored_search import StoredSearch


class Searcher:
    """One query for stored indexes, one after another."""

    def __init__(self, query: Query, *, titles_first: bool = False) -> None:
        """With `titles_first` the rank of papers is looked for, too."""
        self._likes = tuple(sought(query.root)) if titles_first else ()
        words = tuple(_title_words(query.root)) if titles_first and not self._likes else ()
        self._search = StoredSearch([query.root], [_in_title(query.root), Or(words)] if words else ())

    def search(self, indexes: StoredIndexes) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """The numbers of the papers of `indexes` that the query keeps, ascending, and the rank of each.

        It is 2 if the title alone has the words that are asked for, 1 if it has some of them, 0 if none. Of a
        query that asks for papers like others, it is how like they are, in hundredths.
        """
        found, *in_title = self._search.papers(indexes)
        kept = np.flatnonzero(found)
        if self._likes:
            return kept, np.rint(self._strengths(indexes)[kept] * 100).astype(np.uint8)
        ranks = np.zeros(len(kept), np.uint8)
        for holds in in_title:
            ranks += holds[kept]
        return kept, ranks

    def _strengths(self, indexes: StoredIndexes) -> NDArray[np.float64]:
        """How like each paper is to that of the liked ones to which it is most like."""
        stems = {stem for like in self._likes for stem in like.vector}
        found = [np.zeros(0)]
        for part, index in enumerate(indexes.parts):
            vectors = index.vectors_of(stems, indexes.read_of(part))
            found.append(np.max([vectors.similarities(like.vector) for like in self._likes], axis=0))
        return np.concatenate(found)


def _in_title(node: Node) -> Node:
    """`node`, looking for words in the title where it looks for them in title or abstract."""
    match node:
        case Term(field=None):
            return replace(node, field=Field.TITLE)
        case Near(left, right):  # a title is short, and looking for words near each other takes long
            return And((_any_in_title(left), _any_in_title(right)))
        case And(parts) | Or(parts):
            return type(node)(tuple(map(_in_title, parts)))
        case Weight(part, factor):
            return Weight(_in_title(part), factor)
    return node  # what is excluded, is so from the abstract too


def _any_in_title(terms: tuple[Term, ...]) -> Node:
    return Or(tuple(_in_title(term) for term in terms))


def sought(node: Node) -> Iterator[Like]:
    """The papers that others shall be like; not those that they shall not."""
    match node:
        case Like():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from sought(part)
        case Weight(part, _):
            yield from sought(part)


def _title_words(node: Node) -> Iterator[Node]:
    """The words that `node` asks for and that a title can have, each looked for there."""
    match node:
        case Term(field=None | Field.TITLE):
            yield _in_title(node)
        case Near(left) if left[0].field in {None, Field.TITLE}:  # both sides are looked for in one text
            yield _in_title(node)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _title_words(part)
        case Weight(part, _):
            yield from _title_words(part)
