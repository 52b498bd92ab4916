"""Signing up: the form, the sample beside it, and what comes after. Pages for anybody; none needs a link."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from digest.archive import queries
from digest.models import Topic
from digest.web.limits import throttling
from digest.web.limits.search_budget import costly, costly_if_asked
from digest.web.page_language import url
from digest.web.rendering import public, show, show_mail
from digest.web.same_origin import from_this_site
from subscriptions import tasks
from subscriptions.accounts import signup
from subscriptions.emails import web_version
from subscriptions.web.backtest import Sample, sample_of
from subscriptions.web.filters_form import FILTERS, FiltersForm, filters_in
from subscriptions.web.following_form import sampled_filters
from subscriptions.web.forms import SignupForm
from subscriptions.web.library_form import FRESH_LIBRARY
from subscriptions.web.query_offers import with_offer_taken

_TOLD_IN_HOURS = 90  # minutes
_MINUTES = re.compile(r"[0-9]{1,5}")
FRESH = {
    "time_zone": "UTC",
    "hour": "7",
    "rhythm": "daily",
    "weekday": "0",
    "first_at_once": "on",
} | FRESH_LIBRARY


@dataclass(frozen=True, slots=True)
class SignupPage:
    """The form, how many papers of `day` each topic keeps, and the sample for what is chosen.

    `shared` are filters that came with the link to the page, as its query.
    """

    form: SignupForm
    day: date | None
    counts: Mapping[str, int]
    sample: Sample
    shared: str = ""


@dataclass(frozen=True, slots=True)
class SamplePart:
    """The part of the pages of sign-up and preferences that follows the choice."""

    form: FiltersForm
    sample: Sample


@dataclass(frozen=True, slots=True)
class SentPage:
    """`inbox` if the mail ends up in the local mailbox, which this visitor may open.

    `minutes` for which the letter waits until others have left.
    """

    inbox: bool
    minutes: int = 0

    @property
    def hours(self) -> int:
        """The wait where it is told in hours, else 0."""
        return round(self.minutes / 60) if self.minutes >= _TOLD_IN_HOURS else 0


@require_http_methods(["GET", "HEAD", "POST"])
@from_this_site
def sign_up(request: HttpRequest) -> HttpResponse:
    """Offer the form; take a sign-up on POST. The answer is the same whatever the address is to us."""
    if request.method != "POST":
        return _offer(request)
    form = SignupForm(with_offer_taken(request.POST), offered(), files=request.FILES)
    if form.took_offer or "show" in request.POST:
        # Without JavaScript: only an offer or the sample; the rest stays as entered.
        form.keep_problems_of(*FILTERS)
        return _again(request, form)
    if settings.EMAIL_HELD:
        return _not_ready(request)
    if not form.is_valid():
        return _again(request, form, status=422)
    if form.cleaned_data["website"]:
        return redirect(url("sent"))
    now = timezone.now()
    wait = throttling.wait_of_signup(throttling.client_address(request), now)
    if wait is None:
        return throttling.too_many_requests(request, "web/too_many.html")
    signup.request(form.cleaned_data["email"], form.choices(), now, wait, form.library_brought())
    if wait:
        return redirect(url("sent", wait=math.ceil(wait / timedelta(minutes=1))))
    tasks.wake()
    return redirect(url("sent"))


@costly_if_asked(*FILTERS)
@public
def _offer(request: HttpRequest) -> HttpResponse:
    """The form as it is for everybody; an address can bring filters that somebody shared."""
    wanted = filters_in(request.GET)
    if not wanted:
        return _form(request, SignupForm(None, offered(), initial=FRESH))
    shared = wanted.urlencode()
    wanted.update(FRESH)
    form = SignupForm(wanted, offered())
    form.keep_problems_of(*FILTERS)
    return _form(request, form, shared=shared)


@costly
def _again(request: HttpRequest, form: SignupForm, status: int = 200) -> HttpResponse:
    """The form with what was entered."""
    return _form(request, form, status)


def _form(request: HttpRequest, form: SignupForm, status: int = 200, *, shared: str = "") -> HttpResponse:
    day, counts = queries.today_counts()
    sample = sample_of(form, timezone.now().date())
    return show(request, "web/signup.html", SignupPage(form, day, counts, sample, shared), status)


def _not_ready(request: HttpRequest) -> HttpResponse:
    """A letter that nobody will ever see is not promised."""
    return show(request, "web/not_ready.html", status=503)


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Where every sign-up ends: nothing here tells one address from another."""
    if settings.EMAIL_HELD:
        return _not_ready(request)
    asked = request.GET.get("wait", "")
    minutes = int(asked) if _MINUTES.fullmatch(asked) else 0
    page = SentPage(inbox=settings.DEBUG and not settings.EMAIL_URL, minutes=minutes)
    return show(request, "web/sent.html", page)


@require_safe
@costly
@public
def sample_part(request: HttpRequest) -> HttpResponse:
    """The sample for what is chosen at the moment, for htmx to put into the page."""
    form = sampled_filters(request.GET, offered())
    sample = sample_of(form, timezone.now().date(), library="from_library" in request.GET)
    return show(request, "web/parts/sample_update.html", SamplePart(form, sample))


@require_safe
@costly
@public
def sample(request: HttpRequest) -> HttpResponse:
    """The sample itself: a mail, to be framed."""
    form = sampled_filters(request.GET, offered())
    if form.is_empty or not form.is_valid():
        raise BadRequest
    return show_mail(web_version.preview_html(form.sampled()), target="_blank")


def offered() -> list[Topic]:
    """The topics that a visitor can tick."""
    return list(Topic.objects.filter(enabled=True))
