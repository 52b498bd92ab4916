"""The preferences behind a magic link: filters and schedule at once, more only by a fresh link."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from digest.archive import queries
from digest.ingestion.shipped_topics import selecting
from digest.models import Topic
from digest.web.limits.search_budget import costly
from digest.web.page_language import url
from digest.web.rendering import show
from subscriptions import tasks
from subscriptions.accounts import data_rights, library, preferences
from subscriptions.accounts.library import Overview
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from subscriptions.web.backtest import Sample, sample_of
from subscriptions.web.explore_views import parted
from subscriptions.web.filters_form import shared
from subscriptions.web.following_form import sampled_filters
from subscriptions.web.forms import PreferencesForm, initial_of
from subscriptions.web.query_offers import with_offer_taken
from subscriptions.web.reader_views import ReaderPage, bad_link, behind_link, reader_behind
from subscriptions.web.signup_views import offered

DONE = {
    "saved": gettext_lazy("Saved."),
    "paused": gettext_lazy("Paused."),
    "resumed": gettext_lazy("Resumed. What came out meanwhile is in your next digest."),
    "asked": gettext_lazy(
        "A letter with the link is on its way to your address, unless you asked for one in the last 10 "
        "minutes or for two today. The link works for 30 minutes."
    ),
    "removed": gettext_lazy("Removed from your library."),
    "past": gettext_lazy("That day has passed. Choose one that is still to come, or leave it empty."),
}


@dataclass(frozen=True, slots=True)
class Follows:
    """What can be followed: examples of organisations, and whether sources name authors."""

    organizations: tuple[str, ...]
    authors: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a reader goes from their preferences; `share` tells the filters and nothing of the reader."""

    unsubscribe: str
    share: str
    atom: str
    json: str
    explore: str


@dataclass(frozen=True, slots=True)
class PreferencesPage:
    """The preferences form of a reader, and the sample for what is in it, `shown` where that was asked for.

    `done` says what the last press did; a link in a mail, or an offer, `proposed` one of the queries. `saved`
    counts the papers on the reader's list.
    """

    reader: ReaderPage
    form: PreferencesForm
    counts: dict[str, int]
    day: date | None
    follows: Follows
    addresses: Addresses
    tomorrow: date
    sample: Sample
    library: Overview
    done: str = ""
    shown: bool = False
    proposed: bool = False
    saved: int = 0


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def edit_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show filters and schedule; on POST save them, pause or resume, or mail a fresh link for the rest."""
    subscriber = reader_behind(token, "preferences")
    if subscriber is None:
        return bad_link(request)
    if request.method != "POST":
        return _offer(request, subscriber)
    return _without_form(request, subscriber, token) or _with_form(request, subscriber, token)


def _without_form(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse | None:
    """Do what a press asks for whatever the form says; None if it is about the form."""
    action = request.POST.get("action", "")
    if action in data_rights.ASKED:
        data_rights.ask(subscriber, action, timezone.now())
        tasks.wake()
        return _done("asked", token)
    if action == "pause":
        return _pause(request, subscriber, token)
    if action == "resume":
        preferences.resume(subscriber, timezone.now())
        return _done("resumed", token)
    if removed := request.POST.get("remove", ""):
        library.remove(subscriber, removed)
        return _done("removed", token)
    return None


def _with_form(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    """Save what the form says, or show it again: what is wrong, a sample, an offer that was taken."""
    form = PreferencesForm(with_offer_taken(request.POST), _topics_for(subscriber), files=request.FILES)
    form.has_library = subscriber.saved_papers.exists()
    if form.took_offer:  # saved when they save
        return _form(request, subscriber, form)
    if request.POST.get("action", "") == "show":
        return _show(request, subscriber, form)
    if not form.is_valid():
        return _form(request, subscriber, form, status=422)
    return _save(subscriber, form, token)


def _save(subscriber: Subscriber, form: PreferencesForm, token: str) -> HttpResponse:
    """Save what is valid; a topic that is ticked again is no longer left out of what is trending."""
    choices = form.choices()
    if choices.trending:
        again = {selecting(topic) for topic in choices.topics}
        muted = (query for query in preferences.choices_of(subscriber).muted if query not in again)
        choices = replace(choices, muted=tuple(muted))
    language_changed = choices.language != subscriber.language
    preferences.save(subscriber, choices, timezone.now())
    library.bring(subscriber, form.library_brought(), timezone.now())
    return _done("saved", token, language_changed=language_changed)


def _offer(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The form as the reader saved it last, with what a link proposed."""
    initial = initial_of(preferences.choices_of(subscriber))
    if not subscriber.library_daily and subscriber.saved_papers.exists():
        initial["library_order_only"] = "on"
    initial = _with_proposed(request.GET.getlist("add"), initial)
    return _form(request, subscriber, PreferencesForm(None, _topics_for(subscriber), initial=initial))


def _with_proposed(added: Sequence[str], initial: dict[str, Any]) -> dict[str, Any]:
    """`initial` with the queries and topics that a mail, or exploring, proposed: saved when they save."""
    topics, texts = parted([text.strip() for text in added])
    queries = "\n".join(filter(None, [initial["queries"], *texts]))
    return initial | {"queries": queries, "topics": [*initial["topics"], *topics]}


def _pause(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    try:
        until = parse_date(request.POST.get("until", ""))
    except ValueError:  # 31 November
        until = None
    if until and until <= preferences.today(subscriber, timezone.now()):
        return _done("past", token)
    preferences.pause(subscriber, until)
    return _done("paused", token)


def _done(what: str, token: str, *, language_changed: bool = False) -> HttpResponse:
    """The form again, in the language it was in, or in the one just chosen there for everything."""
    address = reverse("preferences", args=[token])
    return redirect(f"{address}?done={what}" if language_changed else url("preferences", token, done=what))


def _topics_for(subscriber: Subscriber) -> list[Topic]:
    """What is offered, and what this reader still has of what no longer is: saving must not lose it."""
    topics = offered()
    return [*topics, *(topic for topic in preferences.choices_of(subscriber).topics if topic not in topics)]


@costly
def _show(request: HttpRequest, subscriber: Subscriber, form: PreferencesForm) -> HttpResponse:
    """The sample, for who has no JavaScript; everything stays as entered."""
    filters = sampled_filters(form.data, offered())
    sample = sample_of(filters, timezone.now().date(), library="from_library" in form.data)
    return _form(request, subscriber, form, sample=sample)


def _form(
    request: HttpRequest,
    subscriber: Subscriber,
    form: PreferencesForm,
    status: int = 200,
    *,
    sample: Sample | None = None,
) -> HttpResponse:
    """The form; what it would have brought follows where there is JavaScript: mail scanners come here too."""
    day, counts = queries.today_counts()
    reader = ReaderPage.of(subscriber)
    page = PreferencesPage(
        reader=reader,
        form=form,
        counts=counts,
        day=day,
        follows=Follows(queries.organizations(), queries.names_authors()),
        addresses=Addresses(
            unsubscribe=signed_links.url("unsubscribe", subscriber),
            share=f"{settings.SITE_URL}/?{shared(reader.choices)}",
            atom=signed_links.url("feed-atom", subscriber),
            json=signed_links.url("feed-json", subscriber),
            explore=url("explore-own", signed_links.token("preferences", subscriber)),
        ),
        tomorrow=preferences.tomorrow(subscriber, timezone.now()),
        sample=sample or Sample(""),
        library=library.overview(subscriber),
        shown=sample is not None,
        proposed="add" in request.GET or form.took_offer,
        saved=subscriber.saved_papers.count(),
        done=str(DONE.get(request.GET.get("done", ""), "")) if request.method != "POST" else "",
    )
    return show(request, "web/preferences.html", page, status)
