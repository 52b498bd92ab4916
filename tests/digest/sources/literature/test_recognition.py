"""Bytes of unknown origin: which index they are of is told by one format alone."""

from pathlib import Path

import pytest

from digest.sources import registry
from digest.sources.jsonl import JSON_LINES

OURS = {
    "europe-pmc.json": "europe-pmc-json",
    "pubmed.xml": "pubmed-xml",
    "openalex.json": "openalex-json",
    "semantic-scholar.json": "semantic-scholar-json",
    "openreview.json": "openreview-json",
}
REAL = {"pubmed/efetch.xml": "pubmed-xml", "s2/sotawhat-search.json": "semantic-scholar-json"}


def recognising(raw: bytes) -> list[str]:
    """The formats that take these bytes for theirs, but that of lines, which takes any object at last."""
    adapters = [adapter for adapter in registry.ADAPTERS if adapter is not JSON_LINES]
    return [form.name for adapter in adapters for form in adapter.formats if form.recognises(raw)]


def test_each_page_of_an_index_is_recognised_by_its_format_alone(pages: Path) -> None:
    for page in pages.iterdir():
        if page.name in OURS:
            assert recognising(page.read_bytes()) == [OURS[page.name]]
        else:
            assert not set(recognising(page.read_bytes())) & set(OURS.values()), page.name


def test_real_answers_are_recognised_by_their_format_alone(test_data: Path) -> None:
    formats = test_data / "formats"
    for answer in (path for path in formats.rglob("*") if path.suffix in {".json", ".xml"}):
        own = REAL.get(str(answer.relative_to(formats)))
        assert set(recognising(answer.read_bytes())) & set(OURS.values()) == ({own} if own else set())


@pytest.mark.parametrize("name", OURS)
def test_a_byte_order_mark_and_blanks_before_it_change_nothing(pages: Path, name: str) -> None:
    raw = b"\xef\xbb\xbf\n " + pages.joinpath(name).read_bytes()
    assert recognising(raw) == [OURS[name]]
