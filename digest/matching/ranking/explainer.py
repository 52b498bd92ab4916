"""Explain a query on a paper: the clauses that held, where, and how strongly; or those that failed."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from itertools import chain
from operator import itemgetter

from digest.matching.abbreviations import definitions
from digest.matching.ast import (
    And,
    Compare,
    Field,
    Leaf,
    Like,
    Near,
    Node,
    Not,
    Number,
    Or,
    Query,
    Term,
    Topic,
    Weight,
)
from digest.matching.paper import PaperText, satisfies, shown, texts
from digest.matching.percolator.topic_assignment import topics_of
from digest.matching.query.shipped_topics import preset_queries
from digest.matching.ranking.likeness import alike
from digest.matching.ranking.similarity import Vector, vector
from digest.matching.ranking.term_positions import Position, near_positions, positions
from digest.matching.reasons import Explanation, Reason
from digest.matching.tokenizer import Text, stem, words
from digest.matching.topics.stored_matches import TopicMatches

_WEIGHT: dict[str, float] = {Field.TITLE: 3.0}
_LIKENESS = 12.0  # a paper just like enough counts as much as a word of the title
_MOST_POSITIONS = (
    50  # of one clause in one text: more would not be read, and long texts have thousands of pairs
)


def explain(query: Query, paper: PaperText) -> Explanation:
    """Why `query` keeps `paper`, or what is missing."""
    return Explainer(paper).explain(query)


class Explainer:
    """Explains queries on one paper, whose words are split once."""

    def __init__(self, paper: PaperText) -> None:
        self._paper = paper
        self._texts = texts(paper)
        self._found: dict[Leaf, tuple[Reason, ...]] = {}

    def explain(self, query: Query) -> Explanation:
        carrying = self._carrying(query.root, 1.0)
        if carrying is None:
            missing = tuple(str(clause) for clause in self._missing(query.root))
            return Explanation(kept=False, missing=missing)
        heaviest = dict(sorted(carrying, key=itemgetter(1)))
        shown = [*heaviest, *self._short_for(heaviest)]
        reasons = {reason for leaf in shown for reason in self._reasons(leaf)}
        order: list[str] = [*Field, *Number]
        return Explanation(
            kept=True,
            reasons=tuple(sorted(reasons, key=lambda r: (order.index(r.field), r.start, -r.end, r.text))),
            strength=sum(self._strength(leaf) * weight for leaf, weight in heaviest.items()),
        )

    def _carrying(self, node: Node, weight: float) -> list[tuple[Leaf, float]] | None:
        """The leaves by which `node` holds, each with its weight, or None if it does not hold."""
        match node:
            case And(parts):
                carried = [self._carrying(part, weight) for part in parts]
                if any(leaves is None for leaves in carried):
                    return None
                return [leaf for leaves in carried for leaf in leaves or []]
            case Or(parts):
                held = [leaves for part in parts if (leaves := self._carrying(part, weight)) is not None]
                return [leaf for leaves in held for leaf in leaves] if held else None
            case Not(part):
                return [] if self._carrying(part, weight) is None else None
            case Weight(part, factor):
                return self._carrying(part, weight * factor)
            case _:
                return [(node, weight)] if self._reasons(node) else None

    def _missing(self, node: Node) -> list[Node]:
        """The fewest clauses that `node` lacks; none if it holds."""
        match node:
            case And(parts):
                return [clause for part in parts for clause in self._missing(part)]
            case Or(parts):
                return min((self._missing(part) for part in parts), key=len)
            case Weight(part, _):
                return self._missing(part)
            case _:
                return [] if self._carrying(node, 1.0) is not None else [node]

    def _reasons(self, leaf: Leaf) -> tuple[Reason, ...]:
        if leaf not in self._found:
            self._found[leaf] = tuple(dict.fromkeys(self._look(leaf)))
        return self._found[leaf]

    def _strength(self, leaf: Leaf) -> float:
        if isinstance(leaf, Topic):
            return self._topics[leaf.slug].strength
        if isinstance(leaf, Like):
            found = alike(leaf.vector, self._vector)
            return _LIKENESS * found.strength if found else 0.0
        return sum(_WEIGHT.get(field, 1.0) for field in {reason.field for reason in self._reasons(leaf)})

    @cached_property
    def _topics(self) -> TopicMatches:
        return topics_of([self._paper])[0]

    @cached_property
    def _vector(self) -> Vector:
        return vector(self._paper)

    def _look(self, leaf: Leaf) -> Iterable[Reason]:
        match leaf:
            case Compare():
                found = satisfies(self._paper, leaf)
                return [Reason(leaf.number, shown(self._paper, leaf.number))] if found else []
            case Topic():
                return self._words_for(leaf.slug) if leaf.slug in self._topics else []
            case Like():
                like = alike(leaf.vector, self._vector)
                return like.reasons(self._paper) if like else []
            case _:
                written = self._written(leaf)
                return (_reason(field, text, position) for field, text, position in written)

    def _words_for(self, slug: str) -> Iterable[Reason]:
        """Words of the readable query if it keeps the paper too; else those the model weighed most."""
        return self.explain(preset_queries()[slug]).reasons or self._topics[slug].reasons

    def _written(self, leaf: Term | Near) -> Iterable[tuple[Field, Text, Position]]:
        """Where the leaf occurs; if a term does, also where the paper writes it as it says itself: “MoE”."""
        found = [*self._positions(leaf)]
        others = self._also_written(leaf) if found and isinstance(leaf, Term) else ()
        return chain(found, *map(self._positions, others))

    def _also_written(self, term: Term) -> list[Term]:
        """What this paper introduces as short for the term, or the term as short for."""
        if term.prefix or term.field not in {None, Field.TITLE, Field.ABSTRACT}:
            return []
        wanted = [*map(stem, term.words)] if self._abbreviations else []
        return [replace(other, field=term.field) for one, other in self._abbreviations if one == wanted]

    def _short_for(self, leaves: Iterable[Leaf]) -> list[Term]:
        """What this paper introduces as short for words that are asked for singly: `mixture of experts`."""
        asked = {
            leaf.words[0]
            for leaf in leaves
            if isinstance(leaf, Term) and len(leaf.words) == 1 and not leaf.prefix and not leaf.field
        }
        found = {*map(stem, asked)} if len(asked) > 1 and self._abbreviations else set()
        return [other for one, other in self._abbreviations if len(one) > 1 and found.issuperset(one)]

    @cached_property
    def _abbreviations(self) -> list[tuple[list[str], Term]]:
        """What the paper introduces: the stems of one form and the other form, in both directions."""
        found = chain(definitions(self._paper.title), definitions(self._paper.abstract))
        pairs = sorted({(words(short), words(long)) for short, long in found})
        both = (pair for one, other in pairs for pair in ((one, other), (other, one)))
        return [([*map(stem, one)], Term(other)) for one, other in both]

    def _positions(self, leaf: Term | Near) -> Iterable[tuple[Field, Text, Position]]:
        if isinstance(leaf, Term):
            for field, text in self._searched(leaf):
                yield from ((field, text, position) for position in _first(positions(leaf, text)))
        else:
            for field, text in self._searched(leaf.left[0]):
                pairs = chain.from_iterable(near_positions(leaf, text))
                yield from ((field, text, position) for position in _first(pairs))

    def _searched(self, term: Term) -> Iterable[tuple[Field, Text]]:
        return ((field, text) for field in term.fields for text in self._texts[field])


def _first(found: Iterable[Position]) -> Iterable[Position]:
    """The first positions, each once."""
    distinct: dict[Position, None] = {}
    for position in found:
        distinct[position] = None
        if len(distinct) == _MOST_POSITIONS:
            break
    return distinct


def _reason(field: Field, text: Text, position: Position) -> Reason:
    start, end = text.spans[position[0]][0], text.spans[position[1] - 1][1]
    said = text.source[start:end]
    return Reason(field, said, start, end) if field in {Field.TITLE, Field.ABSTRACT} else Reason(field, said)
