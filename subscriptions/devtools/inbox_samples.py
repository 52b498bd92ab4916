"""Invented states of the inbox's pages, for /previews/ and the tests. The mails are hostile."""

from collections.abc import Mapping
from functools import partial

from django.core.paginator import Paginator

from digest.archive.samples import MOMENT, PageCase
from subscriptions.devtools.inbox_views import PAGE_SIZE, PARTS, InboxPage, MailPage
from subscriptions.relay.local_mailbox import Entry, Mail


def _entry(key: str, subject: str, snippet: str) -> Entry:
    return Entry(
        key, "<b>Paper Digest</b> <digest@example.org>", "a+<i>@example.org", subject, MOMENT, snippet
    )


_MAIL = Mail(
    entry=_entry("1.M1P1Q1.preview", "<script>alert('subject')</script> " + "long " * 40, ""),
    headers=(("Subject", "<script>"), ("X-Long", "y" * 400)),
    html="",
    text="<script>alert(1)</script>\n{{ 7*7 }}\n" + "z" * 400,
    source="Subject: <script>\n\n</pre><script>alert(1)</script>",
)


def _list(wanted: str, total: int, number: int, *entries: Entry) -> InboxPage:
    page = Paginator([""] * total, PAGE_SIZE).page(number)
    return InboxPage(page, entries, wanted, "preview")


_OTHER = _entry("2.M1P1Q1.preview", "6 papers", "<img src=x onerror=alert(1)> " * 5)

PAGES: Mapping[str, PageCase] = {
    "inbox": PageCase("Inbox", "web/inbox/list.html", partial(_list, '"><b>', 120, 2, _MAIL.entry, _OTHER)),
    "inbox-empty": PageCase("Inbox, empty", "web/inbox/list.html", partial(_list, "", 0, 1)),
    **{
        f"inbox-{part}": PageCase(
            f"Inbox, {part}",
            "web/inbox/mail.html",
            partial(MailPage, _MAIL, part, '"><b>', "3.M1P1Q1.preview", "2.M1P1Q1.preview"),
        )
        for part in PARTS
    },
}
