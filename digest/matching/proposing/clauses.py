"""The clauses that papers suggest: their words and phrases as queries, in the form that they use most."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.matching.ast import Query, Term
from digest.matching.paper import PaperText
from digest.matching.tokenizer import Text

LONGEST = 3  # words of a phrase
# A clause neither is one of these nor begins or ends with one: words without a meaning of their own, and
# those that abstracts of any subject use.
_FUNCTION_WORDS = frozenset(
    """
    a able about above achieve achieved achieves achieving across address addresses after again against
    all allow allows almost alone along already also although always among an and another any approach
    approaches are around as at away based be because become been before being below best better between
    beyond both but by can cannot challenge challenges challenging code compared comprehensive
    consistently could de demonstrate demonstrated demonstrates demonstrating despite developed did
    different do does done due during e each effective effectively effectiveness eg either else enable
    enables enabling enough et etc even ever every existing experiment experimental experiments extensive
    few finally find findings first five following for former four framework from full further g github
    given had has have having hence her here high highly his how however http https i ie if improve
    improved improvement improvements improves improving in including indeed instead into introduce
    introduced introduces is it its itself just key large largely latter least less like limited little
    low made mainly make many may me means method methods might more moreover most much must my near
    nearly need new no none nor not notably novel now observe of off offering often on once one only onto
    or other others our out outperform outperforming outperforms over own paper per performance perhaps
    present presents project propose proposed proposes provide provides providing quite rather recent
    recently remain remains report require requires results s same second see seem seen several shall she
    should show shows significant significantly simple since small so some specifically state still strong
    studies study substantially such superior surpassing t task tasks technical technique techniques than
    that the their them then there therefore these they this those though three through throughout thus to
    together too toward towards two under unlike until up upon us use used using validate various very via
    was we well were what when where whereas whether which while who whole whom whose why widely will with
    within without work would www yet you your
    """.split()
)


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
    return len(word) > 1 and word not in _FUNCTION_WORDS and not word.isdigit()


def _adjoin(gap: str) -> bool:
    """Whether nothing but a space or a hyphen parts two words."""
    return not gap.strip(" \n-\N{HYPHEN}\N{NON-BREAKING HYPHEN}")
