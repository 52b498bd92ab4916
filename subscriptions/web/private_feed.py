"""The private feed: a reader's digests, one entry each, with the papers and reasons of the mail."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from digest.archive.feeds import Entry, Feed, corrections, tag
from digest.compose.digest_view import DigestPresenter
from digest.selection.content import Reading
from digest.web.rendering import render_part
from subscriptions.lib import signed_links
from subscriptions.lib.signed_links import Purpose
from subscriptions.models import Delivery, Subscriber

ENTRIES = 20
State = Delivery.State
_SENT = (State.HANDING, State.ACCEPTED, State.UNKNOWN, State.REFUSED)


def feed_of(subscriber: Subscriber, purpose: Purpose) -> Feed:
    """The reader's newest digests that were handed over, newest first.

    Each is in the language of its mail and the rest in the reader's, whoever asks: feed readers have none.
    """
    reading = Reading()
    sent = subscriber.deliveries.filter(kind=Delivery.DIGEST, state__in=_SENT, selection__isnull=False)
    newest = list(sent.select_related("selection").order_by("-due_at", "-pk")[:ENTRIES])
    corrected = corrections(paper for delivery in newest for paper in _papers(delivery))
    entries = (_entry(delivery, subscriber, reading, corrected) for delivery in newest)
    with override(subscriber.language):
        subtitle = _("Your digests, as they came by mail. The address of this feed is yours alone.")
    return Feed(
        id=tag(
            subscriber.created_at.date(), f"reader/{signed_links.keyed('feed', str(subscriber.pk)).hex()}"
        ),
        title=settings.SITE_NAME,
        subtitle=subtitle,
        url=signed_links.url(purpose, subscriber),
        home=settings.SITE_URL + "/",
        entries=tuple(entries),
        language=subscriber.language,
    )


def _papers(delivery: Delivery) -> list[int]:
    return delivery.selection.papers if delivery.selection else []


def _entry(
    delivery: Delivery, subscriber: Subscriber, reading: Reading, corrected: Mapping[int, datetime]
) -> Entry:
    """A digest as an entry, which changes when a paper in it was corrected after it went out."""
    assert delivery.selection is not None
    content = reading.content_of(delivery.selection)
    presenter = DigestPresenter(content)
    view = presenter.view(presenter.papers, presenter.lines(presenter.papers))
    with override(view.language):
        html = render_part("web/parts/digest_entry.html", view)
    return Entry(
        id=tag(content.day, f"digest/{delivery.pk}"),
        url=signed_links.url("read", subscriber, delivery.pk),
        title=view.subject,
        html=html,
        at=delivery.due_at,
        updated=max(
            [delivery.due_at, *(corrected[paper] for paper in _papers(delivery) if paper in corrected)]
        ),
        author=settings.SITE_NAME,
        language=view.language,
    )
