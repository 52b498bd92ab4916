"""What nobody holds any more is deleted, on schedule: it may say what somebody wanted to read."""

from datetime import datetime, timedelta

from digest.ingestion import known_answers, raw_answers
from digest.models import Selection
from subscriptions.accounts import daily_counts, library, retention, signup
from subscriptions.lib.filter_set_rows import forget_unheld
from subscriptions.lib.selection_rows import forget_unused
from subscriptions.models import FilterSet, LetterQuota

SECONDS = 20  # that a sweep may spend on old rows; the next one goes on
_UNUSED = timedelta(days=1)  # what is made is named by deliveries, or on lists, within minutes


def sweep(now: datetime) -> None:
    """Delete what nobody needs: old sign-ups, filters, selections, papers, counts, answers, digests."""
    signup.forget_unconfirmed(now)
    forget_unheld(FilterSet.objects.all())
    forget_unused(Selection.objects.filter(created_at__lt=now - _UNUSED))
    library.forget_unheld(now - _UNUSED)
    LetterQuota.objects.forget_old(now)
    known_answers.forget_unused(now)
    raw_answers.prune(now)
    daily_counts.count_days(now)
    retention.forget_old(now, SECONDS)
