"""Any feed: RSS 1.0, RSS 2.0, Atom or JSON Feed, of a journal, a laboratory or a blog."""

from dataclasses import replace
from datetime import time
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.lib.records import clean_text, safe_link
from digest.sources.adapter import Adapter, Announcement, Format, Get, Setting, Values
from digest.sources.errors import SourceChanged
from digest.sources.feeds import field_map, json_feed, xml_feed
from digest.sources.feeds.linked_feeds import feed_of_page

_ARXIV = ("rss.arxiv.org", "export.arxiv.org")


def fetch_latest(address: str, get: Get) -> list[bytes]:
    """The feed at `address`; SourceChanged, with the address of the feed, if it is a page that names one."""
    raw = get(address)
    if not any(form.recognises(raw) for form in FEED.formats) and (feed := feed_of_page(raw, address)):
        raise SourceChanged(f"Expected a feed, found a page, which names its feed: {clean_text(feed, 500)}")
    return [raw]


def configured(values: Values) -> Adapter:
    """The adapter for the feed at an address."""
    address = values.get("address", "")
    read = xml_feed.XmlFeed(field_map.read_map(values.get("fields", "")), address)
    return replace(
        FEED,
        fetch_latest=partial(fetch_latest, address),
        formats=(
            Format(xml_feed.NAME, xml_feed.recognises, read.parse),
            Format(json_feed.NAME, json_feed.recognises, json_feed.JsonFeed(address).parse),
        ),
        announcement=_announcement(values.get("announced", "")),
    )


def _checked_address(value: str) -> str:
    address = safe_link(value)
    if address is None:
        raise ValueError("Enter the whole address of a feed, which begins with https:// or http://.")
    if urlsplit(address).hostname in _ARXIV:
        raise ValueError("Choose arXiv as the kind of source: it tells new papers from new versions.")
    return address


def _checked_announcement(value: str) -> str:
    _announcement(value)
    return " ".join(value.split())


def _announcement(value: str) -> Announcement | None:
    """The hour and zone in "06:30 Europe/Berlin"; without a zone UTC. None for nothing."""
    hour, _, zone = " ".join(value.split()).partition(" ")
    if not hour:
        return None
    try:
        return Announcement(time.fromisoformat(hour), ZoneInfo(zone or "UTC").key)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("Enter an hour and a time zone, as in “06:30 Europe/Berlin”.") from error


FEED = Adapter(
    name="feed",
    title="Any feed (RSS, Atom, JSON Feed)",
    formats=(xml_feed.FORMAT, json_feed.FORMAT),
    settings=(
        Setting(
            "address",
            "Address",
            help="Of the feed itself. If a page names its feed, the preview tells you the feed’s address.",
            check=_checked_address,
        ),
        Setting(
            "fields",
            "Where its fields are",
            help=(
                "Only if the preview lacks some: a line for each, as “abstract = content:encoded”, with the "
                f"element’s name as it stands in the feed. Fields: {', '.join(field_map.FIELDS)}."
            ),
            required=False,
            lines=True,
            check=field_map.checked,
        ),
        Setting(
            "announced",
            "Announced at",
            help="If all items of a weekday come at a known hour: when, as “06:30 Europe/Berlin”.",
            required=False,
            check=_checked_announcement,
        ),
    ),
    configured=configured,
    about="The feed of a journal, a laboratory or a blog, by its address.",
)
