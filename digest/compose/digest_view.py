"""What the digest's templates print: every text worded, shortened and highlighted, nothing left to decide."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from digest.compose import wording
from digest.compose.content import DigestContent, Item, NearMiss, Section, Suggestion
from digest.compose.paper.view import LineView, PaperView, view_line, view_paper
from digest.lib.locales import Language, language_for
from digest.lib.records import safe_link
from digest.lib.safe_text import folded, shortened

_LONGEST_NAME = 80
_LONGEST_SUGGESTION = 400
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class SectionView:
    """A filter, and the `shown` of its `total` papers that are in full.

    `note` says which papers could not be among them. `kind` is the section's.
    """

    name: str
    colour: str
    own: bool
    mute: str
    total: int
    kind: str
    note: str = ""
    shown: int = 0
    papers: tuple[PaperView, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """A filter's papers as title lines."""

    name: str
    colour: str
    papers: tuple[LineView, ...] = ()


@dataclass(frozen=True, slots=True)
class NearView:
    """A paper one clause short of `query`, and the query to `add` for it, also in `short`."""

    title: str
    url: str
    query: str
    missing: str
    add: str
    short: str


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggested change in words, what it would have brought, what its link says, and what was answered."""

    text: str
    examples: tuple[tuple[str, str], ...]
    link: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest, as its templates print it.

    `subject` leads with the best title; `preheader`, which programs show behind it, says what else there is.
    `lines` are papers as title lines by filter, `line_count` of them, and `one_filter` says that a name above
    them would tell nothing; `also` is the heading of these, `cap` the reader's number of papers if it cut
    anything. `left_out` papers are only on the web. There, in the `whole` digest, papers `beyond` the cap are
    in full too. A first digest begins with `welcome`; `lacking` says which
    sources were late.
    """

    language: str
    period: str
    short_period: str
    subject: str
    preheader: str
    accounting: tuple[str, ...]
    also: str
    near: tuple[NearView, ...]
    whole: bool
    welcome: str
    lacking: str
    suggestion: SuggestionView | None
    sections: tuple[SectionView, ...] = ()
    carried: tuple[PaperView, ...] = ()
    lines: tuple[GroupView, ...] = ()
    line_count: int = 0
    one_filter: bool = False
    left_out: int = 0
    cap: int = 0
    beyond: tuple[SectionView, ...] = ()


class DigestPresenter:
    """Gives views of a digest with more or fewer papers; each paper is worded when it is first shown in full.

    With `whole`, for the web, abstracts are whole. `filters` are all that papers are shown under, also that
    of the carried ones and those of papers beyond the cap. `order` has each paper with the place of its
    filter there: `papers` that may be in full come first, and of these, of every filter the best first.
    """

    def __init__(self, content: DigestContent, *, whole: bool = False) -> None:
        self.content = content
        self.language = language_for(content.language)
        self._whole = whole
        lost = Section(self.language.gettext("From your last digest"), "", content.carried)
        sections = (*content.sections, lost, *content.more)
        self.carried = len(content.sections)
        self.filters = tuple(
            _view_section(section, wording.aside(self.language, section) if n < self.carried else "")
            for n, section in enumerate(sections)
        )
        self._items = [section.items for section in sections]
        first = _interleaved(self._items[: self.carried + 1], 0)
        self.papers = len(first)
        self.order = first + _interleaved(self._items[self.carried + 1 :], self.carried + 1)
        places: dict[tuple[bool, str], int] = {}
        self.groups = [places.setdefault((s.own, s.name), n) for n, s in enumerate(sections)]

    def lines(self, full: int) -> int:
        """How many title lines there are to show below `full` papers."""
        return len(self.order) - full

    def paper(self, item: Item) -> PaperView:
        """One paper in full."""
        year = self.content.year or self.content.day.year
        if self._whole:  # a page on the web, whose items no other holds
            return view_paper(item, self.language, whole=True, year=year)
        return _kept_paper(item, self.language, year)

    def line(self, item: Item) -> LineView:
        """One paper as a title line."""
        return _kept_line(item, self.language, 0)

    def all(self) -> DigestView:
        """The whole digest: every paper in full."""
        beyond = tuple(
            self._in_full(n, len(self._items[n])) for n in range(self.carried + 1, len(self.filters))
        )
        return replace(self.view(self.papers, 0), beyond=beyond, left_out=0)

    def view(self, full: int, lines: int) -> DigestView:
        """The digest with its `full` best papers in full and `lines` more as title lines.

        The best of every section stay longest. A paper is shown in full, as a line, or counted.
        """
        shown = Counter(n for n, _ in self.order[:full])
        sections = tuple(self._in_full(n, shown[n]) for n in range(self.carried) if shown[n])
        carried = self._in_full(self.carried, shown[self.carried]).papers
        first = next((each for section in sections for each in section.papers), next(iter(carried), None))
        rest = self.lines(full)
        best = self.content.best or (first.title if first else "")
        return replace(
            self.frame,
            subject=wording.subject(self.language, self.content, best),
            sections=sections,
            carried=carried,
            lines=self._by_filter(full, lines),
            line_count=min(lines, rest),
            one_filter=self.one_filter(full, lines),
            left_out=rest - lines,
            cap=self.cap(full, len(carried)),
        )

    @cached_property
    def frame(self) -> DigestView:
        """What is said of all papers together, however many are shown; only the subject is not."""
        content, language = self.content, self.language
        return DigestView(
            language=language.code,
            period=wording.period(language, content, year=self._whole),
            short_period=wording.short_period(language, content),
            subject="",
            preheader=wording.headline(language, content),
            accounting=wording.accounting(language, content),
            also=wording.also(language, content),
            near=tuple(map(_view_near, content.near)),
            whole=self._whole,
            welcome=wording.welcome(language, content),
            lacking=wording.lacking(language, content),
            suggestion=_view_suggestion(language, content.suggestion) if content.suggestion else None,
        )

    def cap(self, full: int, carried: int) -> int:
        """The reader's number of papers, if it is all that keeps papers from being in full."""
        return full - carried if self.content.more and full == self.papers else 0

    def one_filter(self, full: int, lines: int) -> bool:
        """Whether the name of a filter above title lines would tell nothing."""
        named = {self.groups[n] for n, _ in self.order[full : full + lines]}
        names = {self.filters[n].name for n in named}
        return len(names | {section.name for section in self.content.sections}) == 1

    def _in_full(self, place: int, shown: int) -> SectionView:
        papers = tuple(map(self.paper, self._items[place][:shown]))
        return replace(self.filters[place], papers=papers, shown=len(papers))

    def _by_filter(self, full: int, lines: int) -> tuple[GroupView, ...]:
        """The papers that are title lines, in the order of the digest's filters."""
        found: dict[int, list[LineView]] = {}
        for n, item in self.order[full : full + lines]:
            found.setdefault(self.groups[n], []).append(self.line(item))
        return tuple(
            GroupView(self.filters[n].name, self.filters[n].colour, tuple(found[n])) for n in sorted(found)
        )


V = TypeVar("V")


def _kept(make: Callable[[Item, Language, int], V]) -> Callable[[Item, Language, int], V]:
    """`make`, once for each item: for comparing items by value takes longer than all the rest of a letter."""
    views: dict[tuple[int, Language, int], tuple[Item, V]] = {}

    def view(item: Item, language: Language, year: int) -> V:
        key = id(item), language, year
        found = views.get(key)
        if found is None:
            if len(views) >= _KEPT:
                views.clear()
            found = views[key] = item, make(item, language, year)
        return found[1]

    return view


_kept_paper = _kept(lambda item, language, year: view_paper(item, language, whole=False, year=year))
_kept_line = _kept(lambda item, language, _: view_line(item, language))


def _interleaved(groups: Sequence[tuple[Item, ...]], place: int) -> list[tuple[int, Item]]:
    """Every item with its group's place, counted from `place`: the first of every group, then the second."""
    ranks = sorted((rank, n) for n, group in enumerate(groups) for rank in range(len(group)))
    return [(place + n, groups[n][rank]) for rank, n in ranks]


def _view_section(section: Section, note: str) -> SectionView:
    return SectionView(
        name=shortened(section.name, _LONGEST_NAME),
        colour=section.colour,
        own=section.own,
        mute=section.mute,
        total=len(section.items),
        note=note,
        kind=section.kind,
    )


def _view_near(near: NearMiss) -> NearView:
    url = safe_link(near.page_url) or safe_link(near.record.url) or ""
    query, missing, short = (shortened(text, _LONGEST_NAME) for text in (near.query, near.missing, near.add))
    return NearView(folded(near.record.title), url, query, missing, folded(near.add), short)


def _view_suggestion(language: Language, suggestion: Suggestion) -> SuggestionView:
    answer = wording.answer(language, suggestion)
    examples = ((folded(title), address) for title, url in suggestion.examples if (address := safe_link(url)))
    return SuggestionView(
        shortened(wording.suggestion(language, suggestion), _LONGEST_SUGGESTION),
        tuple(examples),
        language.gettext("Change your answer")
        if answer
        else language.gettext("Narrow it, or decline")
        if suggestion.least_upvotes
        else language.gettext("Add it, or decline"),
        answer,
    )
