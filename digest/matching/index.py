"""An index over one day's papers: for any leaf of a query, the papers that satisfy it, as a bitmap."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from digest.matching.paper import PaperText, satisfies, texts
from digest.matching.places import near_places, places
from digest.matching.presets import preset_queries
from digest.matching.query import And, Compare, Field, Leaf, Near, Node, Not, Or, Term, Topic, Weight
from digest.matching.text import Text, stem
from digest.matching.topics import Belonging, preset_topics


class Index:
    """Bitmaps of papers per term: bit n stands for the n-th paper.

    A leaf is looked up once however many queries use it, and a query costs a few operations on
    integers, so a day is matched in time proportional to the distinct queries.
    """

    def __init__(self, papers: Sequence[PaperText]) -> None:
        self.papers = papers
        self._fields = [texts(paper) for paper in papers]
        self._all = (1 << len(papers)) - 1
        self._found: dict[Leaf, int] = {}

    @cached_property
    def _stems(self) -> dict[Field, dict[str, int]]:
        return self._postings(lambda text: {*text.stems, *text.joined_stems})

    @cached_property
    def _forms(self) -> dict[Field, dict[str, int]]:
        return self._postings(lambda text: {*text.forms, *text.joined})

    def _postings(self, entries: Callable[[Text], set[str]]) -> dict[Field, dict[str, int]]:
        """For each entry of each field the papers that have it."""
        postings: dict[Field, dict[str, int]] = {field: {} for field in Field}
        for number, fields in enumerate(self._fields):
            bit = 1 << number
            for field, found in fields.items():
                bitmaps = postings[field]
                for text in found:
                    for entry in entries(text):
                        bitmaps[entry] = bitmaps.get(entry, 0) | bit
        for bitmaps in postings.values():
            bitmaps.pop("", None)
        return postings

    @cached_property
    def belongings(self) -> list[Mapping[str, Belonging]]:
        """The preset topics that each paper belongs to, by the model and the vote of the shipped queries."""
        votes = {slug: self.search(query.root) for slug, query in preset_queries().items()}
        return [
            preset_topics().classify(
                paper, kept_by=[slug for slug, kept in votes.items() if kept >> number & 1]
            )
            for number, paper in enumerate(self.papers)
        ]

    @cached_property
    def _topics(self) -> dict[str, int]:
        kept: dict[str, int] = {}
        for number, belonging in enumerate(self.belongings):
            for slug in belonging:
                kept[slug] = kept.get(slug, 0) | 1 << number
        return kept

    @cached_property
    def _vocabulary(self) -> dict[Field, list[str]]:
        return {field: sorted(forms) for field, forms in self._forms.items()}

    def search(self, node: Node) -> int:
        """The papers that `node` keeps, as a bitmap."""
        match node:
            case And(parts):
                kept = self._all
                for part in parts:
                    kept &= self.search(part)
                    if not kept:
                        break
                return kept
            case Or(parts):
                kept = 0
                for part in parts:
                    kept |= self.search(part)
                return kept
            case Not(part):
                return self._all & ~self.search(part)
            case Weight(part, _):
                return self.search(part)
            case _:
                if node not in self._found:
                    self._found[node] = self._leaf(node)
                return self._found[node]

    def numbers(self, bitmap: int) -> Iterator[int]:
        """The paper numbers of a bitmap, ascending."""
        while bitmap:
            low = bitmap & -bitmap
            yield low.bit_length() - 1
            bitmap ^= low

    def _leaf(self, leaf: Leaf) -> int:
        match leaf:
            case Term():
                return self._term(leaf)
            case Near():
                return self._near(leaf)
            case Compare():
                return sum(1 << n for n, paper in enumerate(self.papers) if satisfies(paper, leaf))
            case Topic():
                return self._topics.get(leaf.slug, 0)

    def _term(self, term: Term) -> int:
        kept = 0
        for field in term.fields:
            candidates = self._candidates(term, field)
            if len(term.words) == 1:
                kept |= candidates
                continue
            for number in self.numbers(candidates & ~kept):
                if any(_any(places(term, text)) for text in self._fields[number][field]):
                    kept |= 1 << number
        return kept

    def _near(self, near: Near) -> int:
        kept = 0
        for field in near.left[0].fields:
            left = self._any_candidate(near.left, field)
            for number in self.numbers(left & self._any_candidate(near.right, field) & ~kept):
                if any(_any(near_places(near, text)) for text in self._fields[number][field]):
                    kept |= 1 << number
        return kept

    def _any_candidate(self, terms: Sequence[Term], field: Field) -> int:
        kept = 0
        for term in terms:
            kept |= self._candidates(term, field)
        return kept

    def _candidates(self, term: Term, field: Field) -> int:
        """Papers that hold each word of the term, alone or written together with a neighbour.

        Exact for a single word; for several, `places` decides.
        """
        kept, words = self._all, term.words
        for i, word in enumerate(words):
            last = i == len(words) - 1
            found = self._word(word, last and term.prefix, field)
            if i:
                found |= self._word(words[i - 1] + word, last and term.prefix, field)
            if not last:
                found |= self._word(word + words[i + 1], term.prefix and i + 2 == len(words), field)
            kept &= found
            if not kept:
                break
        return kept

    def _word(self, word: str, prefix: bool, field: Field) -> int:
        if not prefix:
            return self._stems[field].get(stem(word), 0)
        vocabulary, forms, kept = self._vocabulary[field], self._forms[field], 0
        for place in range(bisect_left(vocabulary, word), len(vocabulary)):
            if not vocabulary[place].startswith(word):
                break
            kept |= forms[vocabulary[place]]
        return kept


def _any(places: Iterator[object]) -> bool:
    return next(places, None) is not None
