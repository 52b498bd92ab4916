"""Runs that do not go on, for the operator's front page."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from digest.admin.dashboard import Attention
from subscriptions.models import Run


def paused_runs(*, see_reasons: bool) -> Iterator[Attention]:
    """Each paused run; what the mail server said may hold addresses, so only `see_reasons` shows it."""
    for run in Run.objects.filter(state=Run.State.PAUSED).order_by("moment"):
        moment = date_format(timezone.localtime(run.moment), "j M, H:i")
        then = "They go on when somebody resumes them."
        if run.resumes_at:
            again = date_format(timezone.localtime(run.resumes_at), "H:i")
            then = f"They are tried again by themselves at {again}."
        hint = f"Reason: {run.reason}. {then}" if see_reasons else then
        url = reverse("admin:subscriptions_run_change", args=[run.pk])
        yield Attention(f"The digests of {moment} are paused.", hint, url)
