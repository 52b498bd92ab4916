"""The clauses that papers suggest: their words and phrases as queries, in the form that they use most."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.matching.ast import Query, Term
from digest.matching.function_words import FUNCTION_WORDS
from digest.matching.paper import PaperText
from digest.matching.tokenizer import Text

LONGEST = 3  # words of a phrase


@dataclass(frozen=True, slots=True)
class Clause:
    """A word or phrase as a query; `in_title` says that it stands in the title of one of the papers."""

    term: Term
    in_title: bool

    @property
    def query(self) -> Query:
        return Query(self.term)

    @property
    def is_phrase(self) -> bool:
        return len(self.term.words) > 1


def clauses_of(papers: Sequence[PaperText]) -> list[Clause]:
    """The words and phrases of `papers`, each once (endings do not count), in an order of their own."""
    forms: Mapping[tuple[str, ...], Counter[tuple[str, ...]]] = defaultdict(Counter)
    titles: set[tuple[str, ...]] = set()
    for paper in papers:
        for title, source in ((True, paper.title), (False, paper.abstract)):
            for stems, words in _runs(Text(source)):
                forms[stems][words] += 1
                if title:
                    titles.add(stems)
    return [
        Clause(Term(min(used, key=lambda words: (-used[words], words))), stems in titles)
        for stems, used in sorted(forms.items())
    ]


def _runs(text: Text) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each run of words that could be a clause, as its stems and its words."""
    forms, stems, spans = text.forms, text.stems, text.spans
    for start, first in enumerate(forms):
        if not _tells(first):
            continue
        for end in range(start + 1, min(start + LONGEST, len(forms)) + 1):
            if end > start + 1 and not _adjoin(text.source[spans[end - 2][1] : spans[end - 1][0]]):
                break  # a phrase leaves no sentence
            if _tells(forms[end - 1]):
                yield stems[start:end], forms[start:end]


def _tells(word: str) -> bool:
    return len(word) > 1 and word not in FUNCTION_WORDS and not word.isdigit()


def _adjoin(gap: str) -> bool:
    """Whether nothing but a space or a hyphen parts two words."""
    return not gap.strip(" \n-\N{HYPHEN}\N{NON-BREAKING HYPHEN}")
