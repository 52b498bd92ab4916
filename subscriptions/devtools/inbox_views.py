"""The local mailbox in the browser: a mail program for mails that go nowhere. DEBUG only."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from digest.web.page_language import url
from digest.web.rendering import exists_if, show, show_mail
from digest.web.same_origin import from_this_site
from subscriptions.relay import local_mailbox
from subscriptions.relay.local_mailbox import Entry, Mail

PAGE_SIZE = 50
_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")
PARTS = ("html", "dark", "phone", "text", "headers", "source")


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of the mails whose address or subject contains `wanted`, the newest on the first.

    `seen` tells one state of the mailbox from the next: a page that is open asks whether it is still so.
    """

    page: Page[str]
    entries: tuple[Entry, ...]
    wanted: str
    seen: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """One mail, the part of it that is shown, and its neighbours among those that contain `wanted`."""

    mail: Mail
    part: str
    wanted: str = ""
    newer: str = ""
    older: str = ""
    parts: tuple[str, ...] = PARTS


local_only = exists_if(lambda: settings.DEBUG and not settings.EMAIL_URL)


@local_only
@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The list of mails. While it is open it asks for itself again, and gets nothing while nothing is new."""
    wanted = request.GET.get("q", "").strip()
    keys = local_mailbox.keys(wanted)
    seen = f"{len(keys)}-{keys[0] if keys else ''}"
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204, headers={"HX-Reswap": "none"})
    page = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    entries = local_mailbox.glances(page.object_list)
    return show(request, "web/inbox/list.html", InboxPage(page, entries, wanted, seen))


@local_only
@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: its HTML, or the part that `?show=` names."""
    found = local_mailbox.read(key)
    if found is None:
        raise Http404
    part, wanted = request.GET.get("show", "html"), request.GET.get("q", "").strip()
    keys = ["", *local_mailbox.keys(wanted), ""]
    at = keys.index(key) if key in keys else 0
    newer, older = (keys[at - 1], keys[at + 1]) if at else ("", "")
    return show(
        request,
        "web/inbox/mail.html",
        MailPage(found, part if part in PARTS else "html", wanted, newer, older),
    )


@local_only
@require_safe
def html(request: HttpRequest, key: str) -> HttpResponse:
    """A mail's HTML part, to be framed; its links open in the whole window.

    With `?dark` its styles for the dark hold always: a frame cannot be told what its visitor prefers.
    """
    found = local_mailbox.read(key)
    if found is None:
        raise Http404
    return show_mail(_DARK.sub("(min-width: 0)", found.html) if "dark" in request.GET else found.html)


@local_only
@require_POST
@from_this_site
def delete(_request: HttpRequest) -> HttpResponse:
    """Empty the mailbox."""
    local_mailbox.delete_all()
    return redirect(url("inbox"))
