"""Near misses: for each selection, at most two papers that fell one clause short of a reader's own query."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from digest.matching import Query
from digest.matching.index.paper_index import Index
from digest.matching.percolator.percolator import Percolator
from digest.matching.query.relax import RelaxedQuery, relaxations
from digest.models import Paper, Selection
from digest.selection.candidates import WindowMatcher

MOST = 2
FEW = 3  # a wider query that would bring more is no slip of wording


def find_near(matcher: WindowMatcher, selections: Iterable[Selection]) -> None:
    """Note on each selection that goes out what nearly made it; each wider query is matched once.

    The `matcher` made the selections.
    """
    window = matcher.window
    attempts: list[tuple[Selection, list[tuple[int, RelaxedQuery]]]] = []
    queries: dict[str, Query] = {}
    for selection in selections:
        if selection.is_empty:
            continue
        own = [(n, filter_["query"]) for n, filter_ in enumerate(selection.filters) if filter_["own"]]
        widened = [(n, each) for n, query in own for each in relaxations(matcher.queries[query])]
        attempts.append((selection, widened))
        queries |= {each.add: each.query for _, each in widened}
    found = _matches(queries, window.papers, matcher.index)
    for selection, widened in attempts:
        shown = {*selection.papers, *window.seen_papers}
        selection.near = _best(
            (n, each, fresh)
            for n, each in widened
            if (fresh := [paper for paper in found.get(each.add, ()) if paper.pk not in shown])
        )


def _matches(
    queries: Mapping[str, Query], papers: Sequence[Paper], index: Index
) -> Mapping[str, list[Paper]]:
    if not queries:
        return {}
    found = Percolator.of(queries).match(papers, index)
    return {text: [match.paper for match in matches] for text, matches in found.items()}


def _best(candidates: Iterable[tuple[int, RelaxedQuery, list[Paper]]]) -> list[dict[str, Any]]:
    """Those whose wider query brings the fewest papers come first, then the most voted for; each once."""
    ranked = sorted(
        (len(fresh), -(paper.upvotes or 0), paper.key, n, each.missing, each.add, paper.pk)
        for n, each, fresh in candidates
        if len(fresh) <= FEW
        for paper in fresh
    )
    near: dict[int, dict[str, Any]] = {}
    for *_, n, missing, add, pk in ranked:
        if len(near) < MOST:
            near.setdefault(pk, {"paper": pk, "filter": n, "missing": missing, "add": add})
    return list(near.values())
