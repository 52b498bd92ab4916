"""Pages behind a reader's links: confirming, reading, the feed. GET shows and never changes anything.

Mail scanners follow every link; whatever changes something is a press, which POSTs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from digest.archive import queries
from digest.archive.downloads import Kind, references_response
from digest.archive.feeds import atom, feed_response, json_feed
from digest.web import page_language
from digest.web.limits import throttling
from digest.web.rendering import by_etag, show, show_mail
from subscriptions import tasks
from subscriptions.accounts import preferences, signup
from subscriptions.accounts.preferences import Choices
from subscriptions.emails import web_version
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from subscriptions.planning import first_digest
from subscriptions.web import private_feed

State = Subscriber.State
Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]


@dataclass(frozen=True, slots=True)
class ReaderPage:
    """A reader's state, what they chose, the schedule in words, and the next digest, if one is planned.

    `library` counts the papers on their list.
    """

    state: str
    choices: Choices
    schedule: str
    next_digest_at: datetime | None
    first: bool = False
    paused_until: date | None = None
    first_at_once: bool = False
    library: int = 0

    @classmethod
    def of(cls, subscriber: Subscriber) -> "ReaderPage":
        choices = preferences.choices_of(subscriber)
        return cls(
            state=subscriber.state,
            choices=choices,
            schedule=preferences.describe(choices.schedule),
            next_digest_at=subscriber.next_digest_at,
            first=subscriber.covered is None,
            paused_until=subscriber.paused_until,
            first_at_once=subscriber.first_at_once,
            library=subscriber.saved_papers.count(),
        )


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """A reader behind a confirmation link, and where they can change what they chose.

    `welcomed`: a digest comes, or came, with the welcome.
    """

    reader: ReaderPage
    preferences_url: str
    welcomed: bool = False


def behind_link(view: View[Given]) -> View[Given]:
    """A page behind a token: kept out of caches, search engines and Referer headers.

    It is exempt from CSRF because the token is the proof, and cookies play no part: a mail client's
    one-click POST (RFC 8058) brings none.
    """

    @wraps(view)
    def private(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response.setdefault("Cache-Control", "no-store")
        response["X-Robots-Tag"] = "noindex"
        return response

    return csrf_exempt(private)


def reader_behind(token: str, purpose: signed_links.Purpose) -> Subscriber | None:
    """The reader whom `token` entitles to `purpose`, in whose language the answer is; None for any other."""
    subscriber = signed_links.subscriber_for(token, purpose)
    if subscriber is not None:
        page_language.activate(subscriber.language)
    return subscriber


def bad_link(request: HttpRequest) -> HttpResponse:
    """The answer to every link that is damaged, revoked or of somebody who is gone."""
    return show(request, "web/bad_link.html", status=404)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was asked for; confirm it on POST, any number of times."""
    subscriber = reader_behind(token, "confirm")
    if subscriber is None:
        return bad_link(request)
    if request.method == "POST":
        first_digest.confirm(subscriber, timezone.now(), throttling.client_address(request))
        subscriber.refresh_from_db()
        tasks.wake()  # the welcome is waited for
    page = ConfirmPage(
        ReaderPage.of(subscriber),
        signed_links.url("preferences", subscriber),
        welcomed=subscriber.consented_at is not None
        and subscriber.deliveries.welcoming().filter(due_at__gte=subscriber.consented_at).exists(),
    )
    return show(request, "web/confirm.html", page)


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Ask a reader who left whether they want to come back; on POST they do."""
    subscriber = reader_behind(token, "return")
    if subscriber is None:
        return bad_link(request)
    if request.method == "POST":
        signup.come_back(subscriber, timezone.now(), throttling.client_address(request))
    page = ConfirmPage(ReaderPage.of(subscriber), signed_links.url("preferences", subscriber))
    template = "web/come_back.html" if subscriber.state == State.UNSUBSCRIBED else "web/confirm.html"
    return show(request, template, page)


@behind_link
@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    """The web view of a digest that was sent."""
    delivery = signed_links.delivery_for(token)
    if delivery is None or delivery.selection is None:
        return bad_link(request)
    return show_mail(web_version.read_html(delivery))


@behind_link
@require_safe
@cache_control(private=True, no_cache=True)
@by_etag
def read_references(request: HttpRequest, token: str, kind: Kind) -> HttpResponse:
    """All papers of a digest that was sent, for a reference manager."""
    delivery = signed_links.delivery_for(token)
    if delivery is None or delivery.selection is None:
        return bad_link(request)
    papers = queries.in_order(delivery.selection.papers)
    return references_response(papers, kind, f"digest-{delivery.selection.day or delivery.due_at.date()}")


@behind_link
@require_safe
@cache_control(private=True, no_cache=True)
@by_etag
def feed_atom(request: HttpRequest, token: str) -> HttpResponse:
    """A reader's digests as an Atom feed."""
    subscriber = signed_links.subscriber_for(token, "feed-atom")
    if subscriber is None:
        return bad_link(request)
    return feed_response(atom(private_feed.feed_of(subscriber, "feed-atom")), "application/atom+xml")


@behind_link
@require_safe
@cache_control(private=True, no_cache=True)
@by_etag
def feed_json(request: HttpRequest, token: str) -> HttpResponse:
    """The same as JSON Feed."""
    subscriber = signed_links.subscriber_for(token, "feed-json")
    if subscriber is None:
        return bad_link(request)
    return feed_response(json_feed(private_feed.feed_of(subscriber, "feed-json")), "application/feed+json")
