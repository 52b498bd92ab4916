"""Invented states of every page, for /previews/ and the tests. Names, topics and queries are hostile."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.utils.datastructures import MultiValueDict

from digest.archive import samples
from digest.archive.samples import COUNTS, DAY, MOMENT, TOPICS, PageCase
from digest.models import Paper
from digest.web.errors.bad_request import UnknownHost
from digest.web.errors.lock_out import LockedOut
from digest.web.rendering import topic_name
from subscriptions.accounts.library import Overview
from subscriptions.accounts.preferences import Choices, describe
from subscriptions.accounts.votes import FilterState
from subscriptions.devtools import explore_samples, inbox_samples, saved_samples
from subscriptions.lib.email_addresses import NO_ADDRESS
from subscriptions.models import SavedPaper
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.web.backtest import NOTHING_CHOSEN, Backtest, Part, Sample, sample_of, sentence
from subscriptions.web.data_rights_views import AddressPage, DataPage, ErasePage, MovePage
from subscriptions.web.filters_form import FiltersForm
from subscriptions.web.forms import PreferencesForm, SignupForm, initial_of
from subscriptions.web.preferences_views import DONE, Addresses, Follows, PreferencesPage
from subscriptions.web.reader_views import ConfirmPage, ReaderPage
from subscriptions.web.signup_views import FRESH, SamplePart, SentPage, SignupPage
from subscriptions.web.unsubscribe_views import LeavingPage
from subscriptions.web.vote_views import MutePage, VotePage

_WEEKLY = Schedule("America/Argentina/ComodRivadavia", 0, Rhythm.WEEKLY, 2)
_QUERIES = ('"<b>bold</b>" OR TTS', "x" * 300, 'org:"<i>lab"')
_CHOICES = Choices(TOPICS, _QUERIES, _WEEKLY, ("<script>", "speech"), 20, "de", "text")
_WRONG = {
    "topics": ["agents"],
    "queries": ['"never closed <b>', "(fine OR " * 30, "TTS"],
    "exclude": ["speech", "(<script>"],
    "least_upvotes": ['"><b>'],
    "trending": ["<b>7"],
    "organizations": ["<i>lab", "***"],
    "authors": [""],
    "language": ["xx"],
    "format": ["pdf<b>"],
    "time_zone": ["Mars/<script>"],
    "hour": ["25"],
    "rhythm": ["weekly"],
    "weekday": ["2"],
    "email": ['"><script>alert(1)</script>'],
}


def _data(values: Mapping[str, list[str]]) -> Any:
    areas = {name: ["\n".join(values[name])] for name in ("queries", "exclude", "organizations", "authors")}
    return MultiValueDict({**values, **areas})


def _signup(sample: Sample | None = None, data: Mapping[str, list[str]] | None = None) -> SignupPage:
    form = SignupForm(_data(data) if data else None, TOPICS[:3], initial=FRESH)
    if sample is None:  # an example, where nothing is chosen
        sample = sample_of(form, DAY) if data else Sample(str(NOTHING_CHOSEN), None, _SRC, DAY, "3D")
    return SignupPage(form, DAY, COUNTS, sample)


def _backtest(total: int, newest: int = 0) -> Backtest:
    parts = [Part(topic_name(topic.name), topic.colour, total) for topic in TOPICS[:3]]
    parts += [Part("x" * 300, "#59616b", 0)]
    latest = samples.lines("hostile")[:5] if total else []
    return Backtest(total, 30, DAY, newest, tuple(parts), tuple(latest))


def _sample(total: int, newest: int = 0, src: str = "") -> Sample:
    found = _backtest(total, newest)
    return Sample(sentence(found, DAY), found, src, DAY)


def _reader(state: str) -> ReaderPage:
    planned = MOMENT if state == "active" else None
    until = DAY if state == "paused" else None
    return ReaderPage(
        state, _CHOICES, describe(_WEEKLY), planned, first=True, paused_until=until, first_at_once=True
    )


def _confirm(state: str) -> ConfirmPage:
    return ConfirmPage(_reader(state), "/p/preview/", welcomed=True)


def _preferences(state: str, done: str = "", data: Mapping[str, list[str]] | None = None) -> PreferencesPage:
    form = PreferencesForm(_data(data) if data else None, TOPICS, initial=initial_of(_CHOICES))
    shared = "https://digest.example.org/?" + "queries=" + "x" * 300
    return PreferencesPage(
        reader=_reader(state),
        form=form,
        counts=COUNTS,
        day=DAY,
        follows=Follows(("<b>Lab</b>", "{{ 7*7 }}"), authors=False),
        addresses=Addresses(
            "/u/preview/", shared, "/f/preview/atom.xml", "/f/preview/feed.json", "/p/preview/explore/"
        ),
        tomorrow=date(2026, 3, 30),
        sample=_sample(41, 4, _SRC),
        library=_library(),
        done=str(DONE.get(done, "")),
        saved=1304,
    )


def _library() -> Overview:
    """A library of invented papers, one of them known here."""
    row = partial(SavedPaper, origin=SavedPaper.Origin.IMPORTED)
    known = Paper(title="<b>Known</b> " + "x" * 300, url="https://example.org/")
    rows = [
        row(pk=1, key="arxiv:2511.00001", paper=known),
        row(pk=2, key="arxiv:2511.00002", lookup=SavedPaper.Lookup.WAITING),
        row(pk=3, key="arxiv:2511.00003", title="{{ 7*7 }}", lookup=SavedPaper.Lookup.MISSING),
        row(pk=4, key="doi:10.1000/x", title="Annotated", note="<i>mine</i>"),
    ]
    return Overview(known=20, waiting=12, missing=1, unknown=1, imported=rows)


_STATES = ("pending", "active", "paused", "unsubscribed", "refused")

_SRC = "/previews/email/digest/many/html"

_mute = partial(MutePage, preferences="/", back="/")


PAGES: Mapping[str, PageCase] = {
    "signup": PageCase(
        "Sign-up, nothing chosen",
        "web/signup.html",
        _signup,
    ),
    "signup-sample": PageCase(
        "Sign-up with a backtest",
        "web/signup.html",
        lambda: _signup(_sample(41, 4, _SRC)),
    ),
    "signup-empty": PageCase(
        "Sign-up, nothing would have come",
        "web/signup.html",
        lambda: _signup(_sample(0)),
    ),
    "signup-broad": PageCase(
        "Sign-up, far too much",
        "web/signup.html",
        lambda: _signup(_sample(1204)),
    ),
    "signup-wrong": PageCase(
        "Sign-up, everything wrong",
        "web/signup.html",
        partial(_signup, data=_WRONG),
    ),
    "sample-update": PageCase(
        "What htmx swaps in",
        "web/parts/sample_update.html",
        lambda: SamplePart(form := FiltersForm(_data(_WRONG), TOPICS), sample_of(form, DAY)),
    ),
    "sent": PageCase("Sign-up sent", "web/sent.html", partial(SentPage, inbox=False)),
    "sent-inbox": PageCase("Sign-up sent, local mailbox", "web/sent.html", partial(SentPage, inbox=True)),
    "not-ready": PageCase("Sign-up without a relay", "web/not_ready.html"),
    "sent-wait": PageCase(
        "Sign-up sent, letters wait", "web/sent.html", partial(SentPage, inbox=False, minutes=25)
    ),
    "too-many": PageCase("Too many sign-ups", "web/too_many.html"),
    "unknown-host": PageCase(
        "Opened by an unknown name",
        "web/unknown_host.html",
        partial(UnknownHost, "192.0.2.7", "http://digest:8000", "SITE_URL=http://192.0.2.7:8000"),
    ),
    "locked-out": PageCase("Locked out", "web/locked_out.html", partial(LockedOut, MOMENT, 60)),
    "too-many-searches-part": PageCase("Too many searches, swapped in", "web/parts/too_many_searches.html"),
    "too-many-searches": PageCase("Too many searches", "web/too_many_searches.html"),
    **{f"confirm-{s}": PageCase(f"Confirm, {s}", "web/confirm.html", partial(_confirm, s)) for s in _STATES},
    **{
        f"preferences-{s}": PageCase(f"Preferences, {s}", "web/preferences.html", partial(_preferences, s))
        for s in _STATES
    },
    "preferences-wrong": PageCase(
        "Preferences, everything wrong", "web/preferences.html", partial(_preferences, "active", "", _WRONG)
    ),
    **{
        f"preferences-done-{name}": PageCase(
            f"Preferences, just now: {name}", "web/preferences.html", partial(_preferences, "active", name)
        )
        for name in DONE
    },
    "unsubscribe": PageCase(
        "Unsubscribe",
        "web/unsubscribe.html",
        partial(LeavingPage, "", until=DAY, offers=("pause", "weekly")),
    ),
    **{
        f"unsubscribe-{done}": PageCase(
            f"Unsubscribe, {done}", "web/unsubscribe.html", partial(LeavingPage, done, "stamp", DAY)
        )
        for done in ("left", "paused", "weekly")
    },
    "unsubscribed-before": PageCase(
        "Unsubscribed before", "web/unsubscribe.html", partial(LeavingPage, "left")
    ),
    "export": PageCase("Download", "web/account/export.html", partial(DataPage, "?file=1")),
    "erase": PageCase("Erase", "web/account/erase.html", partial(ErasePage, erased=False)),
    "erased": PageCase("Erased", "web/account/erase.html", partial(ErasePage, erased=True)),
    "move": PageCase("New address", "web/account/move.html", MovePage),
    "move-wrong": PageCase(
        "New address, wrong", "web/account/move.html", lambda: MovePage('"><b>', str(NO_ADDRESS))
    ),
    "move-asked": PageCase("New address, asked", "web/account/move.html", partial(MovePage, asked=True)),
    **{
        f"address-{done or 'asked'}": PageCase(
            f"New address, {done or 'to confirm'}",
            "web/account/address.html",
            partial(AddressPage, "<b>" + "x" * 200 + "@example.org", done),
        )
        for done in ("", "changed", "taken")
    },
    "old-link": PageCase("Old link", "web/old_link.html"),
    "undone": PageCase("Undone", "web/undone.html", partial(_reader, "active")),
    "undone-paused": PageCase("Undone, paused", "web/undone.html", partial(_reader, "paused")),
    "come-back": PageCase("Come back", "web/come_back.html", partial(_confirm, "unsubscribed")),
    "bad-link": PageCase("Bad link", "web/bad_link.html"),
    **{
        f"vote-{asked}-{given or 'asked'}": PageCase(
            f"{asked.title()} like this, after {given or 'nothing'}",
            "web/vote.html",
            partial(VotePage, "<b>A title</b> & {{ 7*7 }} " + "long " * 60, asked, given, missing, "/", like),
        )
        for asked, given, missing, like in (
            ("more", "", 4, "/?add=like:2311.12345"),
            ("more", "more", 4, "/?add=like:2311.12345"),
            ("less", "less", 0, ""),
            ("less", "more", 0, ""),
        )
    },
    "vote-taken-back": PageCase(
        "Vote taken back", "web/vote.html", partial(VotePage, "A title", "more", "", 1, "/", taken_back=True)
    ),
    **{
        f"mute-{state}": PageCase(
            f"Mute, {state}",
            "web/mute.html",
            partial(_mute, "<b>Agents</b> & {{ 7*7 }}", own=False, state=state),
        )
        for state in FilterState
    },
    "mute-done": PageCase(
        "Muted just now", "web/mute.html", partial(_mute, "x" * 200, own=True, state="muted", done=True)
    ),
    "mute-undone": PageCase(
        "Not muted any more", "web/mute.html", partial(_mute, "3D", own=False, state="active", done=True)
    ),
    **explore_samples.PAGES,
    **inbox_samples.PAGES,
    **saved_samples.PAGES,
    **samples.PAGES,
}
