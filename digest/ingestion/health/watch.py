"""Keep the stored problems of sources as they are: open what is new, clear what is over."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from digest.ingestion.health.findings import Finding, findings
from digest.models import SourceProblem

RETURNS_WITHIN = timedelta(hours=6)  # a source that answers now and then has one problem, told once


def watch(now: datetime) -> None:
    """Note what is wrong with sources at `now`; safe to call at any time, any number of times at once.

    What comes back soon after it was over is the problem that it was before.
    """
    found = {_key(one): one for one in findings(now)}
    with transaction.atomic():
        just_over = Q(cleared_at__gt=now - RETURNS_WITHIN, accepted_at=None)
        known = SourceProblem.objects.filter(Q(cleared_at=None) | just_over)
        # Of each, the newest: one that lasts is the only one of its kind and day that does.
        newest = {(one.source_id, one.kind, one.day): one for one in known.select_for_update().order_by("pk")}
        there = {key: one for key, one in newest.items() if key in found or one.cleared_at is None}
        back = [one.pk for one in there.values() if one.cleared_at is not None]
        SourceProblem.objects.filter(pk__in=back).update(cleared_at=None)
        over = [one.pk for key, one in there.items() if key not in found]
        SourceProblem.objects.filter(pk__in=over).update(cleared_at=now)
        for key in found.keys() & there.keys():
            _update(there[key], found[key])
        SourceProblem.objects.bulk_create(
            (
                SourceProblem(
                    source=one.source,
                    kind=one.kind,
                    day=one.day,
                    facts=dict(one.facts),
                    raw_answer=one.raw_answer,
                    since=now,
                )
                for key, one in found.items()
                if key not in there
            ),
            ignore_conflicts=True,  # another one at work was a moment faster
        )


def _key(finding: Finding) -> tuple[int, str, date | None]:
    return finding.source.pk, finding.kind.value, finding.day


def _update(problem: SourceProblem, finding: Finding) -> None:
    """Its newest figures: how few papers, what the last error said."""
    answer = finding.raw_answer.pk if finding.raw_answer else None
    if (problem.facts, problem.raw_answer_id) != (dict(finding.facts), answer):
        SourceProblem.objects.filter(pk=problem.pk).update(facts=dict(finding.facts), raw_answer=answer)
