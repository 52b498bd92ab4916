"""Keep the stored problems of sources as they are: open what is new, clear what is over."""

from datetime import date, datetime

from django.db import transaction

from digest.ingestion.health.findings import Finding, findings
from digest.models import SourceProblem


def watch(now: datetime) -> None:
    """Note what is wrong with sources at `now`; safe to call at any time, any number of times at once."""
    found = {_key(one): one for one in findings(now)}
    with transaction.atomic():
        lasting = SourceProblem.objects.filter(cleared_at=None).select_for_update().order_by("pk")
        there = {(one.source_id, one.kind, one.day): one for one in lasting}
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
