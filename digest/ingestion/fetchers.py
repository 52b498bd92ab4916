"""Fetch the recent editions of a source: its adapter, the network and the settings put together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from digest import sources
from digest.ingestion.store import Ingested, store
from digest.models import Source
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable, registry
from digest.sources.adapter import Adapter
from digest.sources.http.client import DEFAULTS, FetchSettings, fetch

REFRESHED_DAYS = 3  # an edition grows, and its votes rise, until two days after


def fetch_recent(source: Source, now: datetime) -> list[Ingested]:
    """Fetch and store the recent editions of `source`, noting on it how that went.

    A day without papers is no edition. Each day is tried, whatever became of the one before. Then, of
    what went wrong, `SourceChanged` before `SourceUnavailable` and later before earlier, one is noted and
    raised.
    """
    source.checked_at = now
    ingested: list[Ingested] = []
    errors: list[SourceUnavailable | SourceChanged] = []
    for day in _recent_days(now):
        try:
            parsed, _ = fetch_day(adapter_of(source), day)
            if parsed.papers:
                ingested.append(store(parsed, source, now))
        except (SourceUnavailable, SourceChanged) as error:
            errors.append(error)
    errors.sort(key=lambda error: isinstance(error, SourceChanged))  # stable: the last stays last
    source.error, source.error_kind = (str(errors[-1]), errors[-1].kind) if errors else ("", "")
    if not errors:
        source.succeeded_at = now
    source.save(update_fields=["checked_at", "succeeded_at", "error", "error_kind"])
    if errors:
        raise errors[-1]
    return ingested


def _recent_days(now: datetime) -> list[date]:
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=age) for age in reversed(range(REFRESHED_DAYS))]


def adapter_of(source: Source) -> Adapter:
    """The adapter of a source, with its settings; SourceChanged if this version has none of that name."""
    adapter = registry.adapter_called(source.adapter)
    if adapter is None:
        known = ", ".join(name for name, _ in registry.choices())
        raise SourceChanged(f"Expected an adapter of this version ({known}), found “{source.adapter}”.")
    return adapter.configured(source.settings) if adapter.configured else adapter


def fetch_day(adapter: Adapter, day: date) -> tuple[ParsedAnswer, bytes]:
    """What the source lists on `day`, and its raw answer; in one of the adapter's own formats only.

    Raises what `sources.parse` raises, and SourceChanged if the adapter cannot be fetched.
    """
    if adapter.fetch_day is None:
        raise SourceChanged(f"Expected an adapter that can be fetched, found {adapter.title}.")
    parts = adapter.fetch_day(day, get)
    return sources.parse_parts(parts, today=day, day=day, adapter=adapter), parts[0]


def get(url: str, headers: Mapping[str, str] | None = None, limits: FetchSettings = DEFAULTS) -> bytes:
    """The body that a source's address answers with, or its mirror, where the settings name one.

    An adapter may have found the address in a page: only the mirror may be on the operator's own machine.
    """
    for site, mirror in settings.SOURCE_MIRRORS.items():
        if url.startswith(f"{site}/"):
            return fetch_address(mirror + url.removeprefix(site), limits, headers)
    return fetch(url, limits, headers=headers)


def fetch_address(
    url: str, limits: FetchSettings = DEFAULTS, headers: Mapping[str, str] | None = None
) -> bytes:
    """The body of a URL that the operator named: their own machine is allowed if they named it."""
    local = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
    return fetch(url, replace(limits, allow_loopback=local), headers=headers)
