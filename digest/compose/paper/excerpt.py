"""The two or three sentences of an abstract that carry the contribution."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from digest.compose.content import Mark
from digest.compose.paper.highlight import Run, runs

ROOM = 420  # characters that read at a glance
LIMIT = 600  # a lone sentence beyond this is cut between words: no sentence of a person is that long
MOST = 3
_MARKED = 0.75  # what a run of the reader's words adds, twice at most

_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[$\\]*[^\W_a-z])|[。！？]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:e\.g|i\.e|etc|cf|vs|al|viz|resp|approx|ca|w\.r\.t|a\.k\.a|[Ff]igs?|[Ee]qs?|[Ss]ecs?|[Tt]abs?"
    r"|[Rr]efs?|[Cc]h|[Aa]pp|[Nn]os?|[Vv]ol|pp?|Dr|Prof|Mrs?|Ms|St|Jr|Inc|[A-Z])\.$"
)
# These read a sentence in lower case.
_CONTRIBUTION = re.compile(
    r"\b(?:we|this (?:paper|work|study|report|survey|article)|our (?:work|paper|approach|method|key idea))\b"
    r".{0,40}?\b(?:propos|introduc|present|develop|design|releas|describ|show|demonstrat|find|study|studies"
    r"|investigat|establish|build|built|provid|prove|argue|deriv|formulat|explor)",
    re.DOTALL,
)
_NAMING = re.compile(r"\b(?:we|paper|work)\b.{0,30}?\b(?:propose|introduce|present)s?\b", re.DOTALL)
_RESULT = re.compile(
    r"\b(?:outperform|surpass|achiev|improv|reduc|exceed|attain|accelerat|faster|speed-?up|state-of-the-art|sota"
    r"|accuracy|fewer|reveal|find that|show that|gains?\b)"
)
_NUMBER = re.compile(r"\d[\d.,]*\s*(?:%|\\%|x\b|×|times\b|\$?\\times|points?\b|[bmk]\b)|\b\d+\.\d+")
_HOUSEKEEPING = re.compile(
    r"https?://|\bwill (?:release|open-source)\b"
    r"|\b(?:code|models?|data(?:sets?)?|weights|project page|demo)\b.{0,60}"
    r"\b(?:available|released|found|open-?sourced?|publicly)\b",
    re.DOTALL,
)
_SIDE = re.compile(
    r"\b(?:ablations?|further(?:more)? (?:present|provide|analy)|implications|discuss|insights)\b"
)
_BACKGROUND = re.compile(
    r"(?:recent(?:ly)?|despite|existing|traditional|current|previous|prior|while|although|as|with the"
    r"|in recent years|large language models|however|many|most)\b"
)
_CONNECTIVES = (
    "moreover|furthermore|in addition|additionally|however|therefore|thus|hence|consequently|accordingly"
    "|as a result|finally|lastly|meanwhile|conversely|instead|nevertheless|nonetheless|likewise|similarly"
    "|second(?:ly)?|third(?:ly)?|yet|also|then|besides"
)
_SAID_BEFORE = (
    "this|these|that|those|such|it|them|both|the (?:above|aforementioned|former|latter|resulting|other)"
)
_NOT_ITSELF = r"(?! (?:(?:technical |position )?(?:paper|report)|work|study|survey|article))"
# What links a sentence to the one before, up to a comma: “To solve this, we propose …” says as much without.
_LINK = re.compile(
    rf"(?:{_CONNECTIVES}|to (?:this|that) end|here|specifically|in particular|concretely|notably|crucially"
    r"|importantly|(?:in|by) contrast|for (?:example|instance)"
    r"|(?:to|in|with|by|for|under|from|given|based|building|motivated|inspired|guided|informed|driven|following"
    rf"|beyond|despite|after|through|using|leveraging|addressing)\b"
    rf"[^,.;:]{{0,60}}?\b(?:{_SAID_BEFORE})\b{_NOT_ITSELF}[^,.;:]{{0,60}}),\s+",
    re.IGNORECASE,
)
_LEANING = re.compile(  # opens on something the sentence before it said
    rf"(?:{_CONNECTIVES}|{_SAID_BEFORE}|its|they|their|but|so"
    rf"|(?:to|in|with|by|for|under|from|given|based on|building on|beyond|despite) (?:{_SAID_BEFORE}))\b"
    rf"{_NOT_ITSELF}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[A-Z]|[a-z]+\b")  # “iRAG” would look wrong with a capital


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole sentences of an abstract, in their order, and the marked runs in `text`."""

    text: str
    runs: tuple[Run, ...] = ()


def excerpt(abstract: str, marks: tuple[Mark, ...]) -> Excerpt:
    """Up to three sentences that carry the contribution, about `ROOM` characters; nothing from nothing.

    Sentences that name what the paper does come first, then results with numbers, then those that
    matched the reader's words. What is left out between two of them shows as an ellipsis. Each stands alone
    or follows the one that it leans on; a link to one that is left out (“To this end, …”) goes with it.
    """
    marked = runs(abstract, "abstract", marks)
    spans, unmarked = _weighed(abstract)
    if not spans:
        return Excerpt("")
    weights = [
        replace(weight, alone=weight.alone + _MARKED * min(number, 2)) if number else weight
        for span, weight in zip(spans, unmarked, strict=True)
        for number in (sum(span.start <= run.start < span.end for run in marked),)
    ]
    chosen: list[int] = []
    room = ROOM
    while len(chosen) < MOST:
        fitting = [
            n
            for n, span in enumerate(spans)
            if n not in chosen and _length(span) <= room and weights[n].stands_beside(chosen)
        ]
        best = max(fitting, key=lambda n: (weights[n].beside(chosen), -n), default=None)
        if best is None or (chosen and weights[best].beside(chosen) < 0):
            break
        chosen.append(best)
        room -= _length(spans[best]) + 1
    if not chosen:  # every sentence is too long: the best of them, alone; the first leans on none
        standing = (n for n in range(len(spans)) if weights[n].stands_beside([]))
        chosen = [max(standing, key=lambda n: (weights[n].alone, -n))]
    return _joined(abstract, [spans[n] for n in sorted(chosen)], marked)


def sentences(text: str) -> list[Run]:
    """Where each sentence of `text` stands, white space around it left out.

    "et al.", "e.g.", "Fig. 3", initials, version numbers and decimals end no sentence.
    """
    cuts = [0]
    for match in _END.finditer(text):
        if not _ABBREVIATION.search(text, max(cuts[-1], match.start() - 8), match.start() + 1):
            cuts.append(match.end())
    spans = []
    for start, end in pairwise([*cuts, len(text)]):
        inner = text[start:end].strip()
        if inner:
            begin = start + text[start:end].index(inner)
            spans.append(Run(begin, begin + len(inner)))
    return spans


@dataclass(frozen=True, slots=True)
class _Weight:
    """What speaks for the sentence in place `number`, alone and beside others."""

    number: int
    alone: float
    contribution: bool
    result: bool
    leaning: bool

    def stands_beside(self, chosen: list[int]) -> bool:
        """Whether it can be understood there: it leans on nothing, or on a sentence that is in."""
        return not self.leaning or self.number - 1 in chosen

    def beside(self, chosen: list[int]) -> float:
        """Its weight once `chosen` are in: what follows them reads on, a second promise tells less."""
        weight = self.alone + (0.75 if self.number - 1 in chosen else 0.0)
        return weight - (1.5 if chosen and self.contribution and not self.result else 0.0)


@lru_cache(maxsize=2048)  # it takes longer than all the rest of a paper, and is the same whatever is marked
def _weighed(abstract: str) -> tuple[list[Run], list[_Weight]]:
    """The sentences of an abstract, and their weights where nothing is marked."""
    spans = sentences(abstract)
    return spans, [
        _weigh(n, abstract[_unlinked(abstract, span).start if n else span.start : span.end])
        for n, span in enumerate(spans)
    ]


def _weigh(number: int, sentence: str) -> _Weight:
    """The weight of the `number`-th sentence."""
    sentence = sentence.lower()
    contribution = bool(_CONTRIBUTION.search(sentence))
    result = bool(_RESULT.search(sentence))
    weight = 3.0 * contribution + 1.5 * bool(_NAMING.search(sentence))
    weight += result * (1.0 + 1.5 * bool(_NUMBER.search(sentence)))
    weight -= 4.0 * bool(_HOUSEKEEPING.search(sentence)) + 1.5 * bool(_SIDE.search(sentence))
    weight -= 1.0 * (bool(_BACKGROUND.match(sentence)) and not contribution)
    leaning = number > 0 and bool(_LEANING.match(sentence))
    return _Weight(number, weight, contribution, result, leaning)


def _joined(abstract: str, spans: list[Run], marked: tuple[Run, ...]) -> Excerpt:
    """The sentences at `spans` as one text, with `marked` moved to where its characters went."""
    text = ""
    moved: list[Run] = []
    previous: Run | None = None
    for sentence in spans:
        follows = not abstract[previous.end if previous else 0 : sentence.start].strip()
        span = sentence if follows else _unlinked(abstract, sentence)
        if previous:
            text += " " if follows else " … "
        offset = len(text) - span.start
        end = _cut(abstract, span)
        moved += [
            Run(max(run.start, span.start) + offset, min(run.end, end) + offset)
            for run in marked
            if max(run.start, span.start) < min(run.end, end)
        ]
        opening = abstract[span.start] if span == sentence else abstract[span.start].upper()
        text += opening + abstract[span.start + 1 : end] + ("…" if end < span.end else "")
        previous = span
    return Excerpt(text, tuple(moved))


def _unlinked(text: str, span: Run) -> Run:
    """The sentence without what links it to the one before, if it opens on a common word or a name then."""
    link = _LINK.match(text, span.start, span.end)
    return Run(link.end(), span.end) if link and _OPENING.match(text, link.end()) else span


def _cut(text: str, span: Run) -> int:
    """Where to stop in one sentence: at its end, or between words before `LIMIT`."""
    if _length(span) <= LIMIT:
        return span.end
    space = text.rfind(" ", span.start, span.start + LIMIT)
    return space if space > span.start + LIMIT // 2 else span.start + LIMIT


def _length(span: Run) -> int:
    return span.end - span.start
