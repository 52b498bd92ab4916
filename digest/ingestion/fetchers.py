"""Ask a source: its adapter, the network and the settings put together; what it answers is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from digest import sources
from digest.env import LOCAL_NAMES
from digest.ingestion import known_answers, politeness, raw_answers
from digest.models import Source
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable, registry
from digest.sources.adapter import Adapter, Get
from digest.sources.http.client import (
    DEFAULTS,
    NOTHING_KNOWN,
    Answer,
    FetchSettings,
    Timing,
    Validators,
    fetch,
)


def adapter_of(source: Source) -> Adapter:
    """The adapter of a source, with its settings; SourceChanged if this version has none of that name."""
    adapter = registry.adapter_called(source.adapter)
    if adapter is None:
        known = ", ".join(name for name, _ in registry.choices())
        raise SourceChanged(f"Expected an adapter of this version ({known}), found “{source.adapter}”.")
    return adapter.configured(source.settings) if adapter.configured else adapter


def fetchable() -> QuerySet[Source]:
    """All sources but those fed by hand; one whose adapter this version lacks is there to get an error."""
    return Source.objects.exclude(adapter__in=registry.fed_by_hand())


def usable_adapter_of(source: Source) -> Adapter | None:
    """The adapter of a source, with its settings; None where that cannot be: then its error says so."""
    try:
        return adapter_of(source)
    except SourceChanged:
        return None


def fetch_kept(
    source: Source, adapter: Adapter, day: date | None, now: datetime, going_on: Callable[[], None]
) -> ParsedAnswer:
    """What `source` lists on `day` (None: now); the raw answer is kept, also one that cannot be read.

    Pages of an answer whose next page did not come are not kept: they are no answer. `going_on` is called
    before each request. Raises what it, the adapter and `sources.parse` raise.
    """
    get = _SourceGet(source, adapter, now, going_on)
    answered: list[bytes] | None = None
    try:
        answered = _ask(adapter, day, get)
        today = now.astimezone(UTC).date()
        parsed = sources.parse_parts(answered, today=today, day=day, adapter=adapter)
    except (SourceUnavailable, SourceChanged):
        if unread := answered or get.whole():
            raw_answers.keep(source, day, unread, "", now)
        raise
    raw_answers.keep(source, day, answered, parsed.format, now)
    get.remember()
    return parsed


def fetch_day(adapter: Adapter, day: date, now: datetime) -> tuple[ParsedAnswer, list[bytes]]:
    """What a source lists on `day`, and its raw answer; in one of the adapter's own formats only.

    Raises what `sources.parse` raises, and SourceChanged if the adapter cannot be fetched.
    """
    parts = _ask(adapter, day, partial(get, limits=_limits_of(adapter), interval=adapter.interval))
    today = now.astimezone(UTC).date()
    return sources.parse_parts(parts, today=today, day=day, adapter=adapter), parts


def _ask(adapter: Adapter, day: date | None, get: Get) -> list[bytes]:
    if day is None and adapter.fetch_latest:
        return adapter.fetch_latest(get)
    if day is None or adapter.fetch_day is None:
        raise SourceChanged(f"Expected an adapter that can be fetched, found {adapter.title}.")
    return adapter.fetch_day(day, get)


@dataclass(slots=True)
class _SourceGet:
    """Fetches for one answer of a source: only what changed, and never what `going_on` forbids."""

    source: Source
    adapter: Adapter
    now: datetime
    going_on: Callable[[], None]
    bodies: list[bytes] = field(default_factory=list)
    failed: bool = False
    new: list[tuple[str, Answer]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        self.going_on()
        address = known_answers.address_of(url, headers)
        known = known_answers.look_up(address)
        validators, interval = known_answers.validators_of(known), self.adapter.interval
        try:
            answer = _answer(url, headers, _limits_of(self.adapter), validators, interval=interval)
        except (SourceUnavailable, SourceChanged):
            self.failed = True
            raise
        if answer.body is None and known:
            self.bodies.append(known_answers.body_of(known, self.now))
        else:
            assert answer.body is not None
            self.bodies.append(answer.body)
            self.new.append((address, answer))
        return self.bodies[-1]

    def whole(self) -> list[bytes]:
        """What came, if nothing that was asked for is missing."""
        return [] if self.failed else self.bodies

    def remember(self) -> None:
        """Of an answer that could be read, remember what its servers said: the next need not be sent."""
        for address, answer in self.new:
            known_answers.remember(self.source, address, answer, self.now)


def get(
    url: str,
    headers: Mapping[str, str] | None = None,
    limits: FetchSettings = DEFAULTS,
    interval: float = 1,
) -> bytes:
    """The body that a source's address answers with, or its mirror, where the settings name one.

    An adapter may have found the address in a page: only the mirror may be on the operator's own machine.
    """
    body = _answer(url, headers, limits, interval=interval).body
    assert body is not None
    return body


def fetch_address(
    url: str, limits: FetchSettings = DEFAULTS, headers: Mapping[str, str] | None = None
) -> bytes:
    """The body of a URL that the operator named: their own machine is allowed if they named it."""
    body = _fetch_politely(url, _allowing(url, limits), headers, NOTHING_KNOWN, interval=1).body
    assert body is not None
    return body


def _answer(
    url: str,
    headers: Mapping[str, str] | None,
    limits: FetchSettings = DEFAULTS,
    known: Validators = NOTHING_KNOWN,
    *,
    interval: float,
) -> Answer:
    for site, mirror in settings.SOURCE_MIRRORS.items():
        if url.startswith(f"{site}/"):
            url = mirror + url.removeprefix(site)
            limits = _allowing(url, limits)
            break
    return _fetch_politely(url, limits, headers, known, interval=interval)


def _limits_of(adapter: Adapter) -> FetchSettings:
    """Time for the source to be slow, and to be so again."""
    total = max(DEFAULTS.total_time, 3 * adapter.patience)
    return replace(DEFAULTS, idle_time=adapter.patience, total_time=total)


def _allowing(url: str, limits: FetchSettings) -> FetchSettings:
    return replace(limits, allow_loopback=urlsplit(url).hostname in LOCAL_NAMES)


def _fetch_politely(
    url: str,
    limits: FetchSettings,
    headers: Mapping[str, str] | None,
    known: Validators,
    *,
    interval: float,
) -> Answer:
    """Ask in turn, which is waited for no longer than an answer; whoever asks to be left alone is."""
    limits = replace(limits, user_agent=user_agent())
    patience = min(politeness.PATIENCE, timedelta(seconds=limits.total_time))
    timing = Timing(partial(politeness.wait_for_turn, interval=interval, patience=patience))
    try:
        return fetch(url, limits, headers=headers, known=known, timing=timing)
    except SourceUnavailable as error:
        if error.rest:
            politeness.rest(urlsplit(url).hostname or "", error.rest)
        raise


def user_agent() -> str:
    """Who asks, and where somebody can be told that it should not: the site, and the operator's address."""
    mail = parseaddr(settings.OPERATOR_EMAIL)[1]
    contact = [settings.SITE_URL] if settings.SITE_URL_IS_SET else []
    contact += [f"mailto:{mail}"] if mail else []
    about = "; ".join(["self-hosted digest of research papers", *contact])
    return f"paper-digest/{settings.VERSION} ({about})".encode("ascii", "ignore").decode()
