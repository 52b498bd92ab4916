"""The suggestions that digests offer, as they are composed: equal for all who are offered the same."""

from collections.abc import Collection, Mapping

from digest.compose import Suggestion as Suggested
from digest.models import Paper
from digest.selection.content import page_of
from subscriptions.accounts.suggestions import is_gone, topic_of
from subscriptions.models import Suggestion


def suggested_in(deliveries: Collection[int]) -> Mapping[int, Suggested]:
    """What each of these digests offers its reader, by its number; most offer nothing."""
    rows = Suggestion.objects.in_digests(deliveries)
    if not rows:
        return {}
    papers = Paper.objects.by_number({pk for row in rows.values() for pk in row.examples})
    return {delivery: _content(row, papers) for delivery, row in rows.items() if not is_gone(row)}


def _content(row: Suggestion, papers: Mapping[int, Paper]) -> Suggested:
    topic = topic_of(row.query)
    shown = [papers[pk] for pk in row.examples if pk in papers]
    return Suggested(
        papers=row.papers,
        add=topic.name if topic else row.query,
        topic=topic is not None,
        examples=tuple((paper.title, page_of(paper)) for paper in shown),
        least_upvotes=row.least_upvotes,
        papers_before=row.papers_before,
        answer=row.answer,
    )
