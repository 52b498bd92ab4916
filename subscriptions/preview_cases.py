"""Invented states of every page, for /previews/ and the tests. Names, topics and queries are hostile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.utils.datastructures import MultiValueDict

from digest.models import Topic
from digest.views import Privacy
from subscriptions.forms import FiltersForm, PreferencesForm, SignupForm, initial_of
from subscriptions.inbox import InboxPage, MailPage
from subscriptions.mailbox import Entry, Listing, Mail
from subscriptions.preferences import Choices, describe
from subscriptions.reader_views import ConfirmPage, LeavingPage, PreferencesPage, ReaderPage
from subscriptions.sample import Sample
from subscriptions.schedule import Rhythm, Schedule
from subscriptions.views import SamplePart, SentPage, SignupPage
from subscriptions.vote_views import MutePage, VotePage
from subscriptions.votes import Standing


@dataclass(frozen=True, slots=True)
class PageCase:
    """A template and what it is shown with."""

    title: str
    template: str
    page: Callable[[], object] | None = None


MOMENT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
_TOPICS = (
    Topic(
        slug="quantization",
        name="Quantization",
        description="Fewer bits for weights, activations and caches.",
        colour="#7a4fbf",
    ),
    Topic(
        slug="agents",
        name="Agents",
        description="Models that plan, use tools and act over many steps.",
        colour="#c2571a",
    ),
    Topic(
        slug="hostile",
        name="<script>alert('topic')</script> & {{ 7*7 }}",
        description="“><img src=x onerror=alert(1)> \u202eesrever\u202c " + "long" * 36,
        colour='red"/><b>',
    ),
    Topic(slug="gone", name="Retired topic", description="Not shown.", colour="#1a7f5a", enabled=False),
)
_COUNTS = {"quantization": 41, "agents": 1204, "hostile": 0}
_WEEKLY = Schedule("America/Argentina/ComodRivadavia", 0, Rhythm.WEEKLY, 2)
_CHOICES = Choices(_TOPICS, ('"<b>bold</b>" OR kv*', "x" * 300), _WEEKLY)
_WRONG = {
    "topics": ["agents"],
    "queries": ['"never closed <b>', "(fine OR " * 30, "kv*"],
    "time_zone": ["Mars/<script>"],
    "hour": ["25"],
    "rhythm": ["weekly"],
    "weekday": ["2"],
    "email": ['"><script>alert(1)</script>'],
}


def _data(values: Mapping[str, list[str]]) -> Any:
    return MultiValueDict({**values, "queries": ["\n".join(values["queries"])]})


def _signup(sample: Sample, data: Mapping[str, list[str]] | None = None) -> SignupPage:
    initial = {"time_zone": "UTC", "hour": "7", "rhythm": "daily", "weekday": "0"}
    form = SignupForm(_data(data) if data else None, _TOPICS[:3], initial=initial)
    return SignupPage(form, _COUNTS, sample)


def _reader(state: str) -> ReaderPage:
    planned = MOMENT if state == "active" else None
    return ReaderPage(state, _CHOICES, describe(_WEEKLY), planned, first=True)


def _confirm(state: str) -> ConfirmPage:
    return ConfirmPage(_reader(state), "/p/preview/")


def _preferences(state: str, done: str = "", data: Mapping[str, list[str]] | None = None) -> PreferencesPage:
    form = PreferencesForm(_data(data) if data else None, _TOPICS, initial=initial_of(_CHOICES))
    return PreferencesPage(_reader(state), form, _COUNTS, "/u/preview/", done)


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
_LIST = Listing(
    120, (_MAIL.entry, _entry("2.M1P1Q1.preview", "6 papers", "<img src=x onerror=alert(1)> " * 5))
)
_STATES = ("pending", "active", "paused", "unsubscribed", "refused")

PAGES: Mapping[str, PageCase] = {
    "signup": PageCase(
        "Sign-up, nothing chosen",
        "web/signup.html",
        partial(_signup, Sample("Tick a topic, and the digest you would have had appears here.")),
    ),
    "signup-sample": PageCase(
        "Sign-up with a sample",
        "web/signup.html",
        partial(
            _signup,
            Sample("4 of the 87 papers of Wednesday, 5 November.", "/previews/email/digest/many/html"),
        ),
    ),
    "signup-wrong": PageCase(
        "Sign-up, everything wrong",
        "web/signup.html",
        partial(
            _signup, Sample("Your choice cannot be read yet. What is wrong is written beside it."), _WRONG
        ),
    ),
    "sample-update": PageCase(
        "What htmx swaps in",
        "web/parts/sample_update.html",
        lambda: SamplePart(FiltersForm(_data(_WRONG), _TOPICS), Sample("Your choice cannot be read yet.")),
    ),
    "sent": PageCase("Sign-up sent", "web/sent.html", partial(SentPage, inbox=False)),
    "sent-inbox": PageCase("Sign-up sent, local mailbox", "web/sent.html", partial(SentPage, inbox=True)),
    "too-many": PageCase("Too many sign-ups", "web/too_many.html"),
    **{f"confirm-{s}": PageCase(f"Confirm, {s}", "web/confirm.html", partial(_confirm, s)) for s in _STATES},
    **{
        f"preferences-{s}": PageCase(f"Preferences, {s}", "web/preferences.html", partial(_preferences, s))
        for s in _STATES
    },
    "preferences-saved": PageCase(
        "Preferences, saved", "web/preferences.html", partial(_preferences, "active", "Saved.")
    ),
    "preferences-wrong": PageCase(
        "Preferences, everything wrong", "web/preferences.html", partial(_preferences, "active", "", _WRONG)
    ),
    "unsubscribe": PageCase("Unsubscribe", "web/unsubscribe.html", partial(LeavingPage, left=False)),
    "unsubscribed": PageCase(
        "Unsubscribed, with undo", "web/unsubscribe.html", partial(LeavingPage, left=True, undo="stamp")
    ),
    "unsubscribed-before": PageCase(
        "Unsubscribed before", "web/unsubscribe.html", partial(LeavingPage, left=True)
    ),
    "undone": PageCase("Undone", "web/undone.html", partial(_reader, "active")),
    "undone-paused": PageCase("Undone, paused", "web/undone.html", partial(_reader, "paused")),
    "come-back": PageCase("Come back", "web/come_back.html", partial(_confirm, "unsubscribed")),
    "bad-link": PageCase("Bad link", "web/bad_link.html"),
    "privacy": PageCase("Privacy", "web/privacy.html", partial(Privacy, contact="digest@<b>example.org")),
    **{
        f"vote-{asked}-{given or 'asked'}": PageCase(
            f"{asked.title()} like this, after {given or 'nothing'}",
            "web/vote.html",
            partial(VotePage, "<b>A title</b> & {{ 7*7 }} " + "long " * 60, asked, given, missing),
        )
        for asked, given, missing in (
            ("more", "", 5),
            ("more", "more", 4),
            ("less", "less", 0),
            ("less", "more", 0),
        )
    },
    "vote-taken-back": PageCase(
        "Vote taken back", "web/vote.html", partial(VotePage, "A title", "more", "", 1, taken_back=True)
    ),
    **{
        f"mute-{standing}": PageCase(
            f"Mute, {standing}",
            "web/mute.html",
            partial(MutePage, "<b>Agents</b> & {{ 7*7 }}", own=False, standing=standing),
        )
        for standing in Standing
    },
    "mute-done": PageCase(
        "Muted just now", "web/mute.html", partial(MutePage, "x" * 200, own=True, standing="muted", done=True)
    ),
    "mute-undone": PageCase(
        "Not muted any more", "web/mute.html", partial(MutePage, "3D", own=False, standing="heard", done=True)
    ),
    "inbox": PageCase("Inbox", "web/inbox/list.html", partial(InboxPage, _LIST, '"><b>', 2)),
    "inbox-empty": PageCase("Inbox, empty", "web/inbox/list.html", partial(InboxPage, Listing(0, ()), "", 1)),
    **{
        f"inbox-{part}": PageCase(f"Inbox, {part}", "web/inbox/mail.html", partial(MailPage, _MAIL, part))
        for part in ("text", "headers", "source")
    },
    **{
        f"error-{code}": PageCase(f"Error {code}", f"web/errors/{code}.html") for code in (400, 403, 404, 500)
    },
    "error-csrf": PageCase("Error 403, form expired", "web/errors/403_csrf.html"),
}
