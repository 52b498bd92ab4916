"""What the digest's templates print: every text worded, shortened and highlighted, nothing left to decide."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.compose import wording
from digest.compose.content import DigestContent, NearMiss, Section, Suggestion
from digest.compose.paper.view import PaperView, view_paper
from digest.lib.locales import Language, language_for
from digest.lib.records import safe_link
from digest.lib.safe_text import folded, shortened

_LONGEST_NAME = 80
_LONGEST_SUGGESTION = 400


@dataclass(frozen=True, slots=True)
class SectionView:
    """A filter's papers, in full or as title lines; `total` also counts those that only got a title line.

    `note` says which papers could not be among them. `kind` is the section's.
    """

    name: str
    colour: str
    own: bool
    mute: str
    total: int
    papers: tuple[PaperView, ...]
    kind: str
    note: str = ""


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
    sections: tuple[SectionView, ...]
    carried: tuple[PaperView, ...]
    lines: tuple[SectionView, ...]
    line_count: int
    one_filter: bool
    left_out: int
    cap: int
    also: str
    near: tuple[NearView, ...]
    whole: bool = False
    beyond: tuple[SectionView, ...] = ()
    welcome: str = ""
    lacking: str = ""
    suggestion: SuggestionView | None = None


class DigestPresenter:
    """Words a digest's content once, and gives views of it with more or fewer papers.

    With `whole`, for the web, abstracts are whole.
    """

    def __init__(self, content: DigestContent, *, whole: bool = False) -> None:
        self._content = content
        self._language = language_for(content.language)
        self._whole = whole
        lost = Section(self._language.gettext("From your last digest"), "", content.carried)
        self._sections = [*content.sections, lost]
        self._groups = [self._papers(section) for section in self._sections]
        self._more = [self._papers(section) for section in content.more]
        self._order = _interleaved(self._groups)  # what is left out for size comes last

    def _papers(self, section: Section) -> tuple[PaperView, ...]:
        year = self._content.year or self._content.day.year
        return tuple(view_paper(item, self._language, self._whole, year) for item in section.items)

    @property
    def papers(self) -> int:
        """How many papers there are to show in full."""
        return len(self._order)

    def lines(self, full: int) -> int:
        """How many title lines there are to show below `full` papers."""
        return len(self._order) - full + sum(map(len, self._more))

    def all(self) -> DigestView:
        """The whole digest: every paper in full."""
        sections = zip(self._content.more, self._more, strict=True)
        return self.view(
            self.papers, 0, beyond=tuple(_view_section(section, papers) for section, papers in sections)
        )

    def view(self, full: int, lines: int, beyond: tuple[SectionView, ...] = ()) -> DigestView:
        """The digest with its `full` best papers in full and `lines` more as title lines.

        The best of every section stay longest. A paper is shown in full, as a line, or counted.
        """
        content, language = self._content, self._language
        shown = Counter(group for _, group in self._order[:full])
        *sections, carried = [group[: shown[n]] for n, group in enumerate(self._groups)]
        rest = [(self._sections[n], self._groups[n][rank]) for rank, n in self._order[full:]]
        rest += [(content.more[n], self._more[n][rank]) for rank, n in _interleaved(self._more)]
        first = next((papers[0] for papers in (*sections, carried) if papers), None)
        capped = bool(self._more) and full == self.papers
        by_filter = self._by_filter(rest[:lines])
        return DigestView(
            language=language.code,
            period=wording.period(language, content, year=self._whole),
            short_period=wording.short_period(language, content),
            subject=wording.subject(language, content, content.best or (first.title if first else "")),
            preheader=wording.headline(language, content),
            accounting=wording.accounting(language, content),
            sections=tuple(
                _view_section(section, papers, wording.aside(language, section))
                for section, papers in zip(content.sections, sections, strict=True)
                if papers
            ),
            carried=carried,
            lines=by_filter,
            line_count=min(lines, len(rest)),
            one_filter=len({group.name for group in by_filter} | {one.name for one in content.sections}) == 1,
            left_out=len(rest) - lines - sum(len(section.papers) for section in beyond),
            cap=full - len(carried) if capped else 0,
            also=wording.also(language, content),
            near=tuple(map(_view_near, content.near)),
            whole=self._whole,
            beyond=beyond,
            welcome=wording.welcome(language, content),
            lacking=wording.lacking(language, content),
            suggestion=_view_suggestion(language, content.suggestion) if content.suggestion else None,
        )

    def _by_filter(self, papers: Iterable[tuple[Section, PaperView]]) -> tuple[SectionView, ...]:
        """The papers, each with the section it is of, in the order of the digest's sections."""
        groups: dict[tuple[bool, str], tuple[Section, list[PaperView]]] = {}
        for section in (*self._sections, *self._content.more):
            groups.setdefault((section.own, section.name), (section, []))
        for section, paper in papers:
            groups[section.own, section.name][1].append(paper)
        return tuple(_view_section(section, tuple(found)) for section, found in groups.values() if found)


def _interleaved(groups: Sequence[Sequence[PaperView]]) -> list[tuple[int, int]]:
    """Rank and group of every paper: the first of every group, then the second of every group."""
    return sorted((rank, n) for n, group in enumerate(groups) for rank in range(len(group)))


def _view_section(section: Section, papers: tuple[PaperView, ...], note: str = "") -> SectionView:
    return SectionView(
        name=shortened(section.name, _LONGEST_NAME),
        colour=section.colour,
        own=section.own,
        mute=section.mute,
        total=len(section.items),
        papers=papers,
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
