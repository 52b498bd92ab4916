"""Boolean queries as readers would write them, distinct and the same in every run.

Their words are drawn by how many papers have them, one form for each stem. All readings of them agree on
these papers: left out is what we find but plain stems do not, because two words joined make one (“data
set”), or because a stem is shorter than the prefix of its word. So every contestant must find the same.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from digest.lib.jsonl import PlainPaper
from digest.matching import Text
from digest.matching.tokenizer import stem, stems, stems_sought

SEED = 20251105
_TOO_COMMON = 0.15  # of the papers: nobody asks for “model”
_PREFIX = 5
_OPERATORS = {"and", "or", "not", "near"}
_SHAPES: dict[str, int] = {
    "{0}": 15,
    "{0} {1}": 22, "{0} OR {1}": 12, "{0} NOT {1}": 6,
    "{0} {1} {2}": 9, "({0} OR {1}) {2}": 11, "{0} OR {1} OR {2}": 4, "({0} OR {1}) NOT {2}": 6,
    "{0} ({1} OR {2}) NOT {3}": 5, "({0} OR {1}) ({2} OR {3})": 4, "{0} {1} ({2} OR {3})": 3,
    "{0} {1} OR {2} {3}": 3,
}  # fmt: skip
_CLAUSES = {"word": 72, "title": 10, "phrase": 10, "prefix": 8}


@dataclass(frozen=True)
class Vocabulary:
    """Words and pairs of neighbours with how many papers have them, and beginnings of words."""

    words: dict[str, int]
    phrases: dict[str, int]
    prefixes: dict[str, int]

    @classmethod
    def of(cls, papers: Sequence[PlainPaper]) -> "Vocabulary":
        counts = _Counts()
        for paper in papers:
            counts.read(paper)
        words = counts.words(at_most=_TOO_COMMON * len(papers))
        return cls(words, counts.phrases(), counts.prefixes(words))


class _Counts:
    """What stands in how many papers, and what would be read in two ways."""

    def __init__(self) -> None:
        self._forms: dict[str, Counter[str]] = {}  # by stem
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._joins: set[str] = set()
        self._mistaken: set[str] = set()  # found by us alone: stems and prefixes of two words joined

    def read(self, paper: PlainPaper) -> None:
        texts = (Text(paper.title), Text(paper.abstract))
        for form, of_form in {pair for text in texts for pair in zip(text.forms, text.stems, strict=True)}:
            self._forms.setdefault(of_form, Counter())[form] += 1
        for text in texts:
            self._pairs.update(set(pairwise(text.forms)))
            self._joins.update(text.joined_stems)
            self._mistaken.update(set(text.joined_stems) - set(text.stems))
            self._mistaken.update(_begun_by_joining(text))

    def words(self, at_most: float) -> dict[str, int]:
        """The usual form of each stem that not too many papers have."""
        usual = {of_form: max(forms, key=lambda w: (forms[w], w)) for of_form, forms in self._forms.items()}
        counts = {form: self._forms[of_form].total() for of_form, form in sorted(usual.items())}
        return {
            form: count
            for form, count in counts.items()
            if count <= at_most and stem(form) not in self._mistaken and _asked_for(form)
        }

    def phrases(self) -> dict[str, int]:
        """Pairs of neighbours that cannot be read as one word, one for each pair of stems."""
        pairs = sorted(pair for pair in self._pairs if _asked_for(pair[0]) and _asked_for(pair[1]))
        found: dict[tuple[str, str], tuple[str, int]] = {}
        for (a, b), together in zip(pairs, stems([a + b for a, b in pairs]), strict=True):
            both = (stem(a), stem(b))
            if self._joins.isdisjoint(both) and together not in self._forms and both not in found:
                found[both] = (f'"{a} {b}"', self._pairs[a, b])
        return dict(found.values())

    def prefixes(self, words: dict[str, int]) -> dict[str, int]:
        """Beginnings of `words` that words and their stems share."""
        parted = set(self._mistaken)
        for of_form, forms in self._forms.items():
            begins = {f"{form[:_PREFIX]}*" for form in (*forms, of_form)}
            parted.update(begins if len(begins) > 1 else ())
        longer = {f"{form[:_PREFIX]}*": count for form, count in words.items() if len(form) > _PREFIX}
        return {prefix: count for prefix, count in longer.items() if prefix not in parted}


def distinct_queries(vocabulary: Vocabulary, count: int) -> list[str]:
    """`count` queries, no two of which are equal."""
    return list(_distinct(_drawn(vocabulary), count))


def adversarial_sets(vocabulary: Vocabulary, count: int) -> dict[str, list[str]]:
    """Sets of `count` distinct queries that a clever index handles worst, under what is bad about them."""
    chance = random.Random(SEED)
    word = _drawer(chance, vocabulary.words)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def deep() -> str:
        inner = word()
        for _ in range(7):
            inner = f"{word()} NOT ({inner})" if chance.random() < 0.5 else f"{word()} OR NOT ({inner})"
        return f"{word()} ({inner})"

    makers: dict[str, Callable[[], str]] = {
        "all hold “agent”": lambda: f"agent {word()} {chance.choice(['', 'OR ', 'NOT '])}{word()}",
        "NOT in NOT, 7 deep": deep,
        "one-letter prefixes": lambda: f"{chance.choice(letters)}* {chance.choice(letters)}* NOT {word()}",
    }
    sets = {name: list(_distinct(_endless(make), count)) for name, make in makers.items()}
    pairs = sorted(vocabulary.phrases, key=vocabulary.phrases.__getitem__, reverse=True)
    return {**sets, "two-word phrases": pairs[:count]}


def _drawn(vocabulary: Vocabulary) -> Iterator[str]:
    chance = random.Random(SEED)
    word = _drawer(chance, vocabulary.words)
    clauses = {
        "word": word,
        "title": lambda: f"title:{word()}",
        "phrase": _drawer(chance, vocabulary.phrases),
        "prefix": _drawer(chance, vocabulary.prefixes),
    }
    shape, kind = _drawer(chance, _SHAPES), _drawer(chance, _CLAUSES)
    seen: set[tuple[str, frozenset[str]]] = set()
    while True:
        chosen = shape()
        drawn = [clauses[kind()]() for _ in range(chosen.count("{"))]
        # The same clauses in another order may be the same query.
        identity = (chosen, frozenset(drawn))
        if len(identity[1]) == len(drawn) and identity not in seen:
            seen.add(identity)
            yield chosen.format(*drawn)


def _distinct(drawn: Iterable[str], count: int) -> Iterator[str]:
    seen: set[str] = set()
    for query in drawn:
        if len(seen) == count:
            return
        if query not in seen:
            seen.add(query)
            yield query


def _endless(make: Callable[[], str]) -> Iterator[str]:
    while True:
        yield make()


def _drawer(chance: random.Random, weights: dict[str, int]) -> Callable[[], str]:
    """A function that draws one of them by weight."""
    choices, cumulated = list(weights), list(accumulate(weights.values()))
    return lambda: chance.choices(choices, cum_weights=cumulated)[0]


def _begun_by_joining(text: Text) -> Iterator[str]:
    """The prefixes that two joined words begin with and the first of them alone does not."""
    return (
        f"{joined[:_PREFIX]}*"
        for form, joined in zip(text.forms, text.joined, strict=True)
        if len(form) < _PREFIX
    )


def _asked_for(form: str) -> bool:
    plain = len(form) > 2 and form.isascii() and form.isalpha() and form not in _OPERATORS
    return plain and len(stems_sought(form)) == 1  # “leaves” is of “leaf” and of “leave”
