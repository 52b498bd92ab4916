"""Pages behind a reader's links. GET shows and never changes anything: mail scanners follow every link."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from digest.models import Topic
from digest.pages import show, show_mail
from subscriptions import feedback, letters, limits, links, preferences, signup, tasks
from subscriptions.forms import PreferencesForm, initial_of
from subscriptions.models import Subscriber
from subscriptions.preferences import Choices
from subscriptions.views import offered, week_counts

State = Subscriber.State
Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]

_DONE = {
    "saved": "Saved.",
    "paused": "Paused. No mail comes until you resume.",
    "resumed": "Resumed. What came out meanwhile is in your next digest.",
}
_UNDO_SALT = "subscriptions.undo"


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """A reader's state, what they chose, the schedule in words, and the next digest, if one is planned."""

    state: str
    choices: Choices
    schedule: str
    next_digest_at: datetime | None
    first: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """A reader behind a confirmation link, and where they can change what they chose."""

    reader: ReaderPage
    preferences_url: str


@dataclass(frozen=True, slots=True)
class PreferencesPage:
    """The preferences form of a reader; `done` says what the last press did."""

    reader: ReaderPage
    form: PreferencesForm
    counts: dict[str, int]
    unsubscribe_url: str
    done: str = ""


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """An unsubscription; `undo` is what takes it back within the hour, empty if nothing can."""

    left: bool
    undo: str = ""


def behind_link(view: View[Given]) -> View[Given]:
    """A page behind a token: kept out of caches, search engines and Referer headers.

    It is exempt from CSRF because the token is the proof, and cookies play no part: a mail client's
    one-click POST (RFC 8058) brings none.
    """

    @wraps(view)
    def private(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(private)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was asked for; confirm it on POST, any number of times."""
    subscriber = links.subscriber_for(token, "confirm")
    if subscriber is None:
        return _bad_link(request)
    if request.method == "POST":
        signup.confirm(subscriber, timezone.now(), limits.visitor_of(request))
        subscriber.refresh_from_db()
        tasks.wake()  # the welcome is waited for
    page = ConfirmPage(_reader(subscriber), links.url("preferences", subscriber))
    return show(request, "web/confirm.html", page)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def edit_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show filters and schedule; on POST save them, pause or resume."""
    subscriber = links.subscriber_for(token, "preferences")
    if subscriber is None:
        return _bad_link(request)
    topics = _topics_for(subscriber)
    if request.method != "POST":
        initial = initial_of(preferences.choices_of(subscriber))
        if add := request.GET.get("add", "").strip():  # a link in a mail proposed it; saved when they save
            initial["queries"] = "\n".join(filter(None, [initial["queries"], add]))
        form = PreferencesForm(None, topics, initial=initial)
        return _preferences(request, subscriber, form)
    match request.POST.get("action"):
        case "pause":
            preferences.pause(subscriber)
            return _done("paused", token)
        case "resume":
            preferences.resume(subscriber, timezone.now())
            return _done("resumed", token)
    form = PreferencesForm(request.POST, topics)
    if not form.is_valid():
        return _preferences(request, subscriber, form, status=422)
    preferences.save(subscriber, form.choices(), timezone.now())
    return _done("saved", token)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Ask a reader who left whether they want to come back; on POST they do."""
    subscriber = links.subscriber_for(token, "return")
    if subscriber is None:
        return _bad_link(request)
    if request.method == "POST":
        signup.come_back(subscriber, timezone.now(), limits.visitor_of(request))
    page = ConfirmPage(_reader(subscriber), links.url("preferences", subscriber))
    template = "web/come_back.html" if subscriber.state == State.UNSUBSCRIBED else "web/confirm.html"
    return show(request, template, page)


def _done(what: str, token: str) -> HttpResponse:
    response = redirect("preferences", token)
    response["Location"] += f"?done={what}"
    return response


def _topics_for(subscriber: Subscriber) -> list[Topic]:
    """What is offered, and what this reader still has of what no longer is: saving must not lose it."""
    topics = offered()
    return [*topics, *(topic for topic in preferences.choices_of(subscriber).topics if topic not in topics)]


def _preferences(
    request: HttpRequest, subscriber: Subscriber, form: PreferencesForm, status: int = 200
) -> HttpResponse:
    page = PreferencesPage(
        reader=_reader(subscriber),
        form=form,
        counts=week_counts(),
        unsubscribe_url=links.url("unsubscribe", subscriber),
        done=_DONE.get(request.GET.get("done", ""), "") if request.method != "POST" else "",
    )
    return show(request, "web/preferences.html", page, status)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, act on POST, by a press or by a mail client's one-click; the answer offers an undo."""
    subscriber = links.subscriber_for(token, "unsubscribe")
    if subscriber is None:
        return _bad_link(request)
    if request.method != "POST":
        return show(request, "web/unsubscribe.html", LeavingPage(left=subscriber.state == State.UNSUBSCRIBED))
    if "undo" in request.POST:
        return _undo(request, subscriber)
    stamp = _undo_stamp(subscriber)
    feedback.unsubscribe(subscriber, timezone.now())
    tasks.wake()
    return show(request, "web/unsubscribe.html", LeavingPage(left=True, undo=stamp))


def _undo_stamp(subscriber: Subscriber) -> str:
    """Proof that this reader got mail until now: the link alone can only unsubscribe, also in ten years."""
    if subscriber.state not in {State.ACTIVE, State.PAUSED}:
        return ""
    return signing.dumps([subscriber.pk, subscriber.state], salt=_UNDO_SALT)


def _undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    try:
        stamp = request.POST["undo"]
        pk, before = signing.loads(stamp, salt=_UNDO_SALT, max_age=feedback.UNDO)
    except signing.BadSignature:
        pk = before = None
    if pk != subscriber.pk:
        return show(request, "web/unsubscribe.html", LeavingPage(left=subscriber.state == State.UNSUBSCRIBED))
    feedback.undo(subscriber, timezone.now())
    if before == State.PAUSED:
        preferences.pause(subscriber)
    subscriber.refresh_from_db()
    return show(request, "web/undone.html", _reader(subscriber))


@behind_link
@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    """The web view of a digest that was sent."""
    delivery = links.delivery_for(token)
    if delivery is None or delivery.selection is None:
        return _bad_link(request)
    return show_mail(letters.read_html(delivery))


def _reader(subscriber: Subscriber) -> ReaderPage:
    choices = preferences.choices_of(subscriber)
    return ReaderPage(
        state=subscriber.state,
        choices=choices,
        schedule=preferences.describe(choices.schedule),
        next_digest_at=subscriber.next_digest_at,
        first=subscriber.covered is None,
    )


def _bad_link(request: HttpRequest) -> HttpResponse:
    return show(request, "web/bad_link.html", status=404)
