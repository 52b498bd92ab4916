"""The local mailbox in the browser: a mail program for mails that go nowhere. DEBUG only."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from digest.web.page_language import url
from digest.web.rendering import exists_if, show, show_mail
from digest.web.same_origin import from_this_site
from subscriptions.relay import local_mailbox
from subscriptions.relay.local_mailbox import Listing, Mail

PAGE_SIZE = 50
PARTS = ("html", "text", "headers", "source")


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of the mails to `recipient` (to everybody if empty), the newest on page 1."""

    listing: Listing
    recipient: str
    number: int

    @property
    def last(self) -> int:
        return max(1, -(-self.listing.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class MailPage:
    """One mail and the part of it that is shown."""

    mail: Mail
    part: str
    parts: tuple[str, ...] = PARTS


local_only = exists_if(lambda: settings.DEBUG and not settings.EMAIL_URL)


@local_only
@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The list of mails."""
    recipient = request.GET.get("to", "").strip()
    asked = request.GET.get("page", "")
    number = max(1, int(asked)) if asked.isdecimal() and len(asked) < 10 else 1
    listing = local_mailbox.entries(recipient, (number - 1) * PAGE_SIZE, PAGE_SIZE)
    return show(request, "web/inbox/list.html", InboxPage(listing, recipient, number))


@local_only
@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: its HTML, or the part that `?show=` names."""
    found = local_mailbox.read(key)
    if found is None:
        raise Http404
    part = request.GET.get("show", "html")
    return show(request, "web/inbox/mail.html", MailPage(found, part if part in PARTS else "html"))


@local_only
@require_safe
def html(_request: HttpRequest, key: str) -> HttpResponse:
    """A mail's HTML part, to be framed; its links open in the whole window."""
    found = local_mailbox.read(key)
    if found is None:
        raise Http404
    return show_mail(found.html)


@local_only
@require_POST
@from_this_site
def delete(_request: HttpRequest) -> HttpResponse:
    """Empty the mailbox."""
    local_mailbox.delete_all()
    return redirect(url("inbox"))
