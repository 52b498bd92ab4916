"""Digests as pages: the web version of one that was sent, and previews of one that was not."""

from dataclasses import replace

from django.conf import settings
from django.utils import timezone

from digest.compose import Letter, Personal, compose_digest, compose_page, prepare
from digest.models import Selection
from digest.selection.content import Reading
from digest.web import branding
from subscriptions.accounts.preferences import Choices
from subscriptions.emails.addressing import personal, sender
from subscriptions.emails.suggested import suggested_in
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import planner


def read_html(delivery: Delivery) -> str:
    """A digest that was sent, as a page: every paper with its whole abstract, and what was suggested."""
    assert delivery.selection is not None
    suggestion = suggested_in([delivery.pk]).get(delivery.pk)
    content = replace(Reading().content_of(delivery.selection), suggestion=suggestion)
    page = compose_page(content, branding.current())
    return page.html_for(personal(delivery))


def preview(subscriber: Subscriber, selection: Selection, part: str) -> str:
    """The `html`, `text` or `headers` of the digest that `selection` would be for this reader."""
    letter = _letter(selection)
    reader = personal(Delivery(pk=0, subscriber=subscriber, due_at=timezone.now(), selection=selection))
    if part == "headers":
        prepared = prepare(letter, sender(Delivery.DIGEST, branding.current()))
        head, _, _ = prepared.message(reader).partition(b"\r\n\r\n")
        return head.decode().replace("\r\n", "\n")
    return letter.html_for(reader) if part == "html" else letter.text_for(reader)


def preview_html(choices: Choices, library: tuple[int, ...] = ()) -> str:
    """The digest that these filters, and a library, would have brought a new reader.

    Its links lead to the sign-up page.
    """
    letter = _letter(planner.sample(choices, library), votes=False)
    home = settings.SITE_URL + "/"
    nobody = Personal(
        *("reader@example.org", timezone.now(), "<preview@localhost>"), home, home, home, vote_url=f"{home}#"
    )
    return letter.html_for(nobody)


def _letter(selection: Selection, *, votes: bool = True) -> Letter:
    return compose_digest(Reading().content_of(selection), branding.current(), votes=votes)
