"""Unsubscribing: one click from a mail program, or a page that also offers a pause, less mail and an undo."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from digest.web.errors.nul_characters import posted
from digest.web.rendering import show
from subscriptions import tasks
from subscriptions.accounts import preferences, unsubscribing
from subscriptions.accounts.unsubscribing import Standing
from subscriptions.models import Subscriber
from subscriptions.models.schedule import Rhythm
from subscriptions.web.reader_views import ReaderPage, bad_link, behind_link, reader_behind

PAUSE = timedelta(weeks=4)
State = Subscriber.State
# Part of the key: with another word the buttons of pages already shown are dead. It names no module.
_UNDO_SALT = "subscriptions.undo"


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """An unsubscription, or what was chosen instead: `done` is “”, “left”, “paused” or “weekly”.

    `undo` is what takes it back within the hour, empty if nothing can. `offers` are the ways to get less.
    `undo_ended` says that an undo was pressed which no longer holds.
    """

    done: str
    undo: str = ""
    until: date | None = None
    offers: tuple[str, ...] = ()
    undo_ended: bool = False


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, act on POST, by a press or by a mail client's one-click; the answer offers an undo.

    Whoever holds the link can only make the mail less. Whatever is posted unsubscribes unless it is a press
    of another button: mail clients send any type and charset, or nothing.
    """
    subscriber = reader_behind(token, "unsubscribe")
    if subscriber is None:
        return bad_link(request)
    if request.method != "POST":
        return _ask(request, subscriber)
    fields = posted(request)
    if "undo" in fields:
        return _undo(request, subscriber, str(fields["undo"]))
    page = _act(subscriber, fields.get("action", "unsubscribe"))
    return show(request, "web/unsubscribe.html", page)


unsubscribe.any_body = True  # type: ignore[attr-defined]  # for NulMiddleware


def _ask(request: HttpRequest, subscriber: Subscriber, *, undo_ended: bool = False) -> HttpResponse:
    """What to press; who has left already is told so."""
    if subscriber.state == State.UNSUBSCRIBED:
        return show(request, "web/unsubscribe.html", LeavingPage("left", undo_ended=undo_ended))
    weekly = subscriber.rhythm not in {Rhythm.WEEKLY, Rhythm.MONTHLY}  # else it would not be less mail
    offers = ("pause", *(("weekly",) if weekly else ())) if subscriber.state == State.ACTIVE else ()
    until = preferences.today(subscriber, timezone.now()) + PAUSE
    page = LeavingPage("", until=until, offers=offers, undo_ended=undo_ended)
    return show(request, "web/unsubscribe.html", page)


def _act(subscriber: Subscriber, action: str) -> LeavingPage:
    """Do what was pressed; anything that asks for nothing else unsubscribes, as RFC 8058 asks."""
    now = timezone.now()
    before = Standing.of(subscriber)
    if action == "pause" and subscriber.state == State.ACTIVE:
        until = preferences.today(subscriber, now) + PAUSE
        preferences.pause(subscriber, until)
        return LeavingPage("paused", _stamp(subscriber, before), until)
    if action == "weekly" and subscriber.state == State.ACTIVE:
        preferences.make_weekly(subscriber, now)
        return LeavingPage("weekly", _stamp(subscriber, before))
    unsubscribing.unsubscribe(subscriber, now)
    tasks.wake()
    return LeavingPage("left", _stamp(subscriber, before))


def _stamp(subscriber: Subscriber, before: Standing) -> str:
    """Proof of how this reader stood until now, good while they stand as they do now.

    The link alone can only unsubscribe, also in ten years.
    """
    if before.state not in {State.ACTIVE, State.PAUSED}:
        return ""
    subscriber.refresh_from_db()
    after = Standing.of(subscriber)
    return signing.dumps([subscriber.pk, before.as_json(), after.as_json()], salt=_UNDO_SALT)


def _undo(request: HttpRequest, subscriber: Subscriber, stamp: str) -> HttpResponse:
    try:
        signed = signing.loads(stamp, salt=_UNDO_SALT, max_age=unsubscribing.UNDO)
        pk, before, after = signed
        changes = Standing.from_json(before), Standing.from_json(after)
    except (signing.BadSignature, ValueError, TypeError):  # also one of the version before
        return _ask(request, subscriber, undo_ended=True)
    if pk != subscriber.pk or not unsubscribing.undo(subscriber, *changes, timezone.now()):
        return _ask(request, subscriber, undo_ended=True)
    subscriber.refresh_from_db()
    return show(request, "web/undone.html", ReaderPage.of(subscriber))
