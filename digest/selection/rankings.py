"""Rankings: what the filters of one request keep of a window, best first, with reasons and honest counts."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from digest.matching.ranking.likeness import Likeness
from digest.matching.ranking.order import Cause, Note, place
from digest.matching.ranking.relevance_feedback import LEAST_VOTES, Taste
from digest.models import Paper
from digest.selection.candidates import WindowMatcher
from digest.selection.like_library import FirstWords, LikePaper, like_library, liked_of
from digest.selection.requests import LIBRARY, TRENDING, Filter, SelectionRequest, Votes
from digest.selection.shown_reasons import ShownReasons, pack
from digest.selection.stored_queries import kept_by
from digest.selection.trending import Contest
from digest.selection.wording import Wording

MOST_REASONS = 120  # are stored of a digest; a mail shows fewer papers, most of them by their titles


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of several filters: ranked items as they are stored, their reasons, honest counts.

    Reasons of a query are still to be put into words.

    `aside` are the titles, one a line, of sources whose papers could not compete with others.
    """

    items: list[dict[str, Any]]
    reasons: list[str | Wording]
    scanned: int
    already_seen: int
    crossed: list[int]
    aside: str = ""

    def stored_reasons(self, full: int | None) -> list[str | Wording]:
        """The reasons of the papers that a mail may show, which has room for few: the best of each filter.

        `full` is how many of all papers stand before the others. The reasons of the rest are made when read.
        """
        if len(self.reasons) <= MOST_REASONS:
            return self.reasons
        counts = Counter[tuple[bool, int]]()
        ranks = []
        for number, item in enumerate(self.items):
            group = full is not None and number >= full, item["filter"]
            ranks.append((group[0], counts[group], group[1], number))
            counts[group] += 1
        chosen = sorted(number for *_, number in sorted(ranks)[:MOST_REASONS])
        return [*(self.reasons[number] for number in chosen), *self.reasons[len(self.items) :]]


class Ranker:
    """Ranks what a matcher found, for one request after another."""

    def __init__(self, matcher: WindowMatcher) -> None:
        self.matcher = matcher
        self._kept: dict[str, frozenset[int]] = {}
        self._contests: dict[tuple[int | None, int], Contest] = {}
        self._first_words = FirstWords()

    def rank(self, request: SelectionRequest) -> Ranking:
        """What the request's filters keep, ranked by what votes and library say too.

        Their queries were all matched. What is like the library, and then the most upvoted papers, stand
        behind the rest, where no filter before brings them. In a monthly digest upvotes count as much for old
        papers as for new ones.
        """
        out = {*request.carried, *request.excluded}
        best = self.matcher.best_matches(request.filters, out, aged=not request.monthly)
        papers, filters, _, seen, crossed = best
        liked = [pk for pk in liked_of(request.library, request.votes) if pk in self.matcher.papers]
        taste = self._taste(request.votes, liked)
        order, notes = place(papers, filters, best.scores, self.matcher.similarities, taste)
        items: list[dict[str, Any]] = [{"paper": papers[n], "filter": filters[n]} for n in order]
        known_by = {pk for pk, more in request.votes if more} if notes else ()
        for item, n in zip(items, order, strict=True) if notes else ():
            if n in notes:
                item["note"] = _of_library(notes[n], known_by)
        reasons: list[str | Wording] = [(papers[n], request.filters[filters[n]].query) for n in order]
        for number, filter_ in enumerate(request.filters):
            if filter_.kind == LIBRARY:
                for like in self._like(liked, filter_, {*papers, *out}):
                    items.append({"paper": like.paper.pk, "filter": number})
                    nearest = self.matcher.papers[like.alike.nearest].title
                    reasons.append(pack(like.paper, self._first_words.reasons(like, nearest)))
        scanned = self.matcher.listed | crossed if crossed else self.matcher.listed
        aside: Sequence[str] = ()
        for number, filter_ in enumerate(request.filters):
            if filter_.kind == TRENDING:
                contest = self._contest(request.trending, request.through_release)
                for trend in contest.best(filter_, {*out, *(item["paper"] for item in items)}):
                    items.append({"paper": trend.number, "filter": number})
                    reasons.append(pack(contest.paper(trend), contest.reason(trend)))
                scanned = scanned | contest.numbers
                aside = contest.aside
        reasons += self._reasons_of_carried(request)
        return Ranking(items, reasons, len(scanned), len(seen - crossed), sorted(crossed), "\n".join(aside))

    def _reasons_of_carried(self, request: SelectionRequest) -> Iterator[str]:
        """Why the papers carried over came, as of now, packed: by a query, the library, or their place."""
        queries = [filter_.query for filter_ in request.filters if not filter_.kind]
        kinds = {filter_.kind for filter_ in request.filters}
        for paper in filter(None, map(self.matcher.papers.get, request.carried)):
            found = self.matcher.reasons(paper, queries)
            if not found and LIBRARY in kinds:
                found = self._because_of_library(request, paper)
            if not found and TRENDING in kinds:
                found = self._because_of_place(request, paper)
            yield pack(paper, found or ShownReasons())

    def _because_of_library(self, request: SelectionRequest, paper: Paper) -> ShownReasons | None:
        vector = self.matcher.similarities.vector
        liked = [pk for pk in liked_of(request.library, request.votes) if pk in self.matcher.papers]
        alike = Likeness({pk: vector(pk) for pk in liked if pk != paper.pk}).find(vector(paper.pk))
        if alike is None:
            return None
        return self._first_words.reasons(LikePaper(paper, alike), self.matcher.papers[alike.nearest].title)

    def _because_of_place(self, request: SelectionRequest, paper: Paper) -> ShownReasons | None:
        """Its place among all papers from its own release on: it may be older than those that compete now."""
        if paper.release_id is None:
            return None
        after = min(request.trending or 0, paper.release_id - 1)
        contest = self._contest(after, request.through_release)
        place = next((place for place in contest.places if place.number == paper.pk), None)
        return contest.reason(place) if place else None

    def _contest(self, after: int | None, through: int) -> Contest:
        if (after, through) not in self._contests:
            self._contests[after, through] = Contest.of_window(self.matcher.window, after, through)
        return self._contests[after, through]

    def _like(self, liked: Sequence[int], filter_: Filter, without: Collection[int]) -> Iterator[LikePaper]:
        """The new papers like those `liked`, as the filter keeps them."""
        vector = self.matcher.similarities.vector
        kept = self._keeps(filter_.query)
        new = (paper for paper in self.matcher.window.papers if paper.pk in kept and paper.pk not in without)
        return like_library(new, Likeness({pk: vector(pk) for pk in liked}), vector, filter_.most)

    def _keeps(self, query: str) -> frozenset[int]:
        """The new papers that a query keeps, whose reasons nobody asks for."""
        if query not in self._kept:
            kept = kept_by(query, self.matcher.indexed, self.matcher.index)
            self._kept[query] = kept - self.matcher.window.seen_papers
        return self._kept[query]

    def _taste(self, votes: Votes, liked: Collection[int]) -> Taste[int] | None:
        """What votes and library say; None if there are too few of either to say anything."""
        if not votes and len(liked) < LEAST_VOTES:
            return None
        vector = self.matcher.similarities.vector
        known = [(pk, more) for pk, more in votes if pk in self.matcher.papers]
        return Taste(
            more={pk: vector(pk) for pk in [*(pk for pk, more in known if more), *liked]},
            less={pk: vector(pk) for pk, more in known if not more},
        )


def _of_library(note: Note, voted: Collection[int]) -> Note:
    """The note, told of the reader's library if the paper that raised another one is of that, and no vote."""
    if note.cause == Cause.RAISED and note.other not in voted:
        return Note(Cause.LIBRARY, note.other)
    return note
