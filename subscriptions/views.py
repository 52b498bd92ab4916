"""Signing up: the form, the sample beside it, and what comes after. Pages for anybody; none needs a link."""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from digest.archive import topic_counts
from digest.models import Topic
from digest.pages import show, show_mail
from subscriptions import letters, limits, signup, tasks
from subscriptions.forms import FiltersForm, SignupForm, filters_data
from subscriptions.sample import Sample, sample_of

_COUNTS = "topic-counts"
_COUNTS_LAST = 300  # seconds
_FRESH = {"time_zone": "UTC", "hour": "7", "rhythm": "daily", "weekday": "0"}


@dataclass(frozen=True, slots=True)
class SignupPage:
    """The form, how many papers each topic had last week, and the sample for what is chosen."""

    form: SignupForm
    counts: dict[str, int]
    sample: Sample


@dataclass(frozen=True, slots=True)
class SamplePart:
    """The part of the sign-up page that follows the choice."""

    form: FiltersForm
    sample: Sample


@dataclass(frozen=True, slots=True)
class SentPage:
    """`inbox` if the mail ends up in the local mailbox, which this visitor may open."""

    inbox: bool


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Offer the form; take a sign-up on POST. The answer is the same whatever the address is to us."""
    if request.method != "POST":
        return _form(request, SignupForm(None, offered(), initial=_FRESH))
    form = SignupForm(request.POST, offered())
    if "show" in request.POST:  # without JavaScript: only the sample, everything stays as entered
        form.keep_problems_of("queries")
        return _form(request, form)
    if not form.is_valid():
        return _form(request, form, status=422)
    if form.cleaned_data["website"]:
        return redirect("sent")
    if not limits.admits(limits.visitor_of(request), timezone.now()):
        return _too_many(request)
    signup.request(form.cleaned_data["email"], form.choices(), timezone.now())
    tasks.wake()
    return redirect("sent")


def _form(request: HttpRequest, form: SignupForm, status: int = 200) -> HttpResponse:
    page = SignupPage(form, week_counts(), sample_of(form))
    return show(request, "web/signup.html", page, status)


def _too_many(request: HttpRequest) -> HttpResponse:
    response = show(request, "web/too_many.html", status=429)
    response["Retry-After"] = str(limits.WINDOW)
    return response


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Where every sign-up ends: nothing here tells one address from another."""
    return show(request, "web/sent.html", SentPage(inbox=settings.DEBUG and not settings.EMAIL_URL))


@require_safe
def sample_part(request: HttpRequest) -> HttpResponse:
    """The sample for what is chosen at the moment, for htmx to put into the sign-up page."""
    form = FiltersForm(request.GET, offered())
    return show(request, "web/parts/sample_update.html", SamplePart(form, sample_of(form)))


@require_safe
def sample(request: HttpRequest) -> HttpResponse:
    """The sample itself: a mail, to be framed."""
    data = filters_data(request.GET.getlist("topic"), request.GET.getlist("q"))
    form = FiltersForm(data, offered())
    if form.is_empty or not form.is_valid():
        raise BadRequest
    return show_mail(letters.preview_html(form.sampled()), target="_blank")


def offered() -> list[Topic]:
    """The topics that a visitor can tick."""
    return list(Topic.objects.filter(enabled=True))


def week_counts() -> dict[str, int]:
    """Papers of the last week by topic. Counting reads a week of papers, so it is done now and then."""
    counts: dict[str, int] | None = cache.get(_COUNTS)
    if not counts:
        counts = topic_counts()
        cache.set(_COUNTS, counts, _COUNTS_LAST)
    return counts
