"""A feed as a source: what an operator chooses, and what is fetched."""

from collections.abc import Mapping
from datetime import date, time

import pytest

from digest.sources import SourceChanged, parse_parts, registry
from digest.sources.adapter import Announcement, Setting
from digest.sources.feeds import FEED, configured

ADDRESS = "https://kites.example/blog/feed.xml"


def setting(name: str) -> Setting:
    (found,) = [setting for setting in FEED.settings if setting.name == name]
    return found


def fetched(body: bytes, address: str = ADDRESS) -> list[bytes]:
    asked: list[str] = []

    def get(url: str, headers: Mapping[str, str] | None = None) -> bytes:
        asked.append(url)
        return body

    fetch_latest = configured({"address": address}).fetch_latest
    assert fetch_latest
    parts = fetch_latest(get)
    assert asked == [address]
    return parts


def test_the_feed_at_the_address_is_fetched_and_read() -> None:
    feed = b"<rss><channel><item><title>Kites</title><link>k</link></item></channel></rss>"
    parts = fetched(feed)
    (paper,) = parse_parts(parts, today=date(2024, 3, 7), adapter=configured({"address": ADDRESS})).papers
    assert (paper.title, paper.url) == ("Kites", "https://kites.example/blog/k")


def test_it_is_known_and_needs_its_address() -> None:
    assert registry.adapter_called("feed") is FEED
    assert FEED.can_be_fetched
    assert FEED.fetch_latest is None
    assert [setting.name for setting in FEED.settings if setting.required] == ["address"]


@pytest.mark.parametrize(
    ("link", "feed"),
    [
        (
            '<link rel="alternate" type="application/rss+xml" href="/feed.xml">',
            "https://kites.example/feed.xml",
        ),
        (
            "<LINK HREF=https://a.example/atom TYPE=application/atom+xml REL=alternate>",
            "https://a.example/atom",
        ),
    ],
)
def test_of_a_page_the_address_of_its_feed_is_told(link: str, feed: str) -> None:
    other = '<link rel="alternate" hreflang="de" href="/de"><link rel=stylesheet href=a.css>'
    page = f"<!doctype html><html><head><title>Kites</title>{other}{link}</head></html>".encode()
    with pytest.raises(SourceChanged, match=f"found a page, which names its feed: {feed}$"):
        fetched(page, "https://kites.example/blog/")


def test_a_page_that_names_no_feed_is_kept_and_refused_when_it_is_read() -> None:
    parts = fetched(b"<html><head><title>Kites</title></head></html>")
    with pytest.raises(SourceChanged, match=r"Expected Any feed.*found a page titled “Kites”"):
        parse_parts(parts, today=date(2024, 3, 7), adapter=FEED)


@pytest.mark.parametrize(
    "value", ["kites.example/feed", "ftp://a.example/", "https://me:pw@a.example/", "https://"]
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="whole address"):
        setting("address").check(value)


def test_arxivs_own_feeds_are_left_to_who_tells_new_papers_from_new_versions() -> None:
    with pytest.raises(ValueError, match="Choose arXiv"):
        setting("address").check("https://rss.arxiv.org/rss/cs.LG")


def test_an_address_is_stored_without_what_is_around_it() -> None:
    assert setting("address").check(f" {ADDRESS}\n") == ADDRESS


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("abstract: content", "write it as “abstract = content:encoded”"),
        ("summary = content", "there are title, abstract, authors"),
        ("doi = prism doi", "no name of an element"),
        ("doi =", "no name of an element"),
        ("doi = a\nDOI = b", "stands there twice"),
        ("\n".join(["doi = a"] * 21), "At most 20 lines"),
    ],
)
def test_a_line_of_fields_that_cannot_be_read_is_refused_with_the_reason(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        setting("fields").check(written)


def test_lines_of_fields_are_stored_in_one_way() -> None:
    assert setting("fields").check("Abstract=content:encoded,Description\n\n doi = prism:doi ") == (
        "abstract = content:encoded, description\ndoi = prism:doi"
    )
    assert setting("fields").check("") == ""


def test_a_feed_with_a_known_hour_announces_in_one_go() -> None:
    assert configured({"address": ADDRESS}).announcement is None
    assert configured({"address": ADDRESS, "announced": "06:30 Europe/Berlin"}).announcement == Announcement(
        time(6, 30), "Europe/Berlin"
    )
    assert configured({"address": ADDRESS, "announced": "06:30"}).announcement == Announcement(
        time(6, 30), "UTC"
    )


@pytest.mark.parametrize("value", ["soon", "25:00", "06:30 Mars/Crater", "06:30 ../etc/passwd", "6"])
def test_an_hour_or_zone_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="an hour and a time zone"):
        setting("announced").check(value)
