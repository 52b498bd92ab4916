"""What holds for every registered adapter, those to come included."""

import re
from datetime import date
from pathlib import Path

from digest.models import Source
from digest.sources import ParsedAnswer, SourceChanged, registry
from digest.sources.adapter import Adapter

TODAY = date(2026, 11, 20)
DAY = date(2024, 3, 5)
READ_ANY_LIST = {"records", "feed-xml", "feed-json"}


def formats_without_a_page(adapters: tuple[Adapter, ...], pages: Path) -> set[str]:
    """Formats that read none of the pages."""
    read: set[str] = set()
    for page in pages.iterdir():
        raw = page.read_bytes()
        form = next((form for one in adapters for form in one.formats if form.recognises(raw)), None)
        if form and (edition := _edition(form.parse, raw)):
            read.add(edition.format)
    return {form.name for one in adapters for form in one.formats} - read


def _edition(parse: object, raw: bytes) -> ParsedAnswer | None:
    assert callable(parse)
    try:
        edition = parse(raw, DAY, TODAY)
    except SourceChanged:
        return None
    assert isinstance(edition, ParsedAnswer)
    return edition if edition.papers else None


def test_every_format_reads_a_page_that_was_written_for_it(pages: Path) -> None:
    assert formats_without_a_page(registry.ADAPTERS, pages) == set()


def test_bytes_of_unknown_origin_are_recognised_by_one_format_before_those_that_read_any_list(
    pages: Path,
) -> None:
    for page in pages.iterdir():
        raw = page.read_bytes()
        found = [form.name for one in registry.ADAPTERS for form in one.formats if form.recognises(raw)]
        of_one_source = set(found) - READ_ANY_LIST
        assert len(of_one_source) <= 1, page.name
        assert not of_one_source or found[0] in of_one_source, page.name


def test_names_can_be_stored_and_are_unique() -> None:
    names = [adapter.name for adapter in registry.ADAPTERS]
    forms = {(form.name, form.recognises) for adapter in registry.ADAPTERS for form in adapter.formats}
    longest = Source._meta.get_field("adapter").max_length
    assert len(names) == len(set(names))
    assert len(forms) == len({form for form, _ in forms})
    assert all(re.fullmatch(r"[a-z0-9-]+", name) and len(name) <= (longest or 0) for name in names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,30}", form) for form, _ in forms)
