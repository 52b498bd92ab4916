"""arXiv's feeds, as the adapter for categories reads and fetches them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, WrongDay, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.arxiv import ARXIV

DAY = date(2024, 3, 5)
TODAY = date(2026, 11, 20)
BOTH = pytest.mark.parametrize("name", ["arxiv.rss.xml", "arxiv.atom.xml"])


def adapter(**values: str) -> Adapter:
    assert ARXIV.configured
    return ARXIV.configured({"categories": "cs.LG+cs.CL"} | values)


def answer(raw: bytes | str, day: date | None = None, **values: str) -> ParsedAnswer:
    data = raw.encode() if isinstance(raw, str) else raw
    return parse(data, today=TODAY, day=day, adapter=adapter(**values))


@pytest.fixture
def rss(pages: Path) -> str:
    return (pages / "arxiv.rss.xml").read_text()


def test_new_papers_and_cross_lists_are_papers_and_replacements_are_updates(rss: str) -> None:
    found = answer(rss)
    assert (found.day, found.issued, found.format) == (DAY, DAY, "arxiv-rss")
    assert [paper.key for paper in found.papers] == ["arxiv:2403.00101", "arxiv:2205.00102"]
    assert [paper.key for paper in found.updates] == ["arxiv:2009.00103", "arxiv:hep-th/9901104"]
    assert {paper.day for paper in (*found.papers, *found.updates)} == {DAY}


def test_cross_lists_can_be_left_out_and_still_update_what_is_known(rss: str) -> None:
    found = answer(rss, cross_lists="no")
    assert [paper.key for paper in found.papers] == ["arxiv:2403.00101"]
    assert "arxiv:2205.00102" in {paper.key for paper in found.updates}


@BOTH
def test_an_abstract_begins_behind_the_kind_of_announcement_and_keeps_its_angle_brackets(
    pages: Path, name: str
) -> None:
    paper = answer((pages / name).read_bytes()).papers[0]
    assert paper.title == "Paper boats that learn to float: if x<y then <eos> wins"
    assert paper.abstract == (
        "Boats are folded until a loss, with x<y and y>z, is small. Then they are <think> folded again."
    )


@BOTH
def test_one_text_of_names_is_read_as_each_author_without_affiliations(pages: Path, name: str) -> None:
    paper = answer((pages / name).read_bytes()).papers[0]
    assert paper.author_names == ("Ada Lovelace", "Leonhard Euler", "Emmy Noether", "John Tukey, Jr.")
    assert paper.authors == 4


def test_the_atom_feed_is_of_the_day_of_its_papers_not_of_the_time_it_was_made(pages: Path) -> None:
    raw = (
        (pages / "arxiv.atom.xml")
        .read_text()
        .replace("<updated>2024-03-05T05:00:19.866337", "<updated>2024-03-07T03:00:19.866337", 1)
    )
    found = answer(raw)
    assert (found.day, found.format) == (DAY, "arxiv-atom")
    assert found.issued == date(
        2024, 3, 6
    )  # in New York: three in the morning in Greenwich is the day before
    assert [paper.day for paper in found.papers] == [DAY]
    assert len(found.updates) == 1


def test_the_dois_of_a_paper_are_further_keys_of_it(rss: str) -> None:
    paper = answer(rss).papers[1]
    assert paper.key == "arxiv:2205.00102"
    assert paper.other_keys == ("doi:10.1234/planes.2023.7", "doi:10.1234/planes.2024.1")


def test_a_fresh_feed_with_the_items_of_the_day_before_shows_both_days(rss: str) -> None:
    stale = rss.replace("<lastBuildDate>Tue, 05 Mar 2024", "<lastBuildDate>Wed, 06 Mar 2024")
    found = answer(stale)
    assert (found.day, found.issued) == (DAY, date(2024, 3, 6))
    with pytest.raises(WrongDay):
        answer(stale, day=date(2024, 3, 6))


def test_a_feed_made_late_in_the_evening_of_new_york_is_of_that_day(rss: str) -> None:
    late = rss.replace("<lastBuildDate>Tue, 05 Mar 2024 05:00:12", "<lastBuildDate>Wed, 06 Mar 2024 03:00:12")
    assert answer(late).issued == DAY


@pytest.mark.parametrize("day", ["Sun, 03 Mar 2024", "Mon, 04 Mar 2024"])
def test_a_channel_without_items_is_a_day_without_announcement(rss: str, day: str) -> None:
    head = rss[: rss.index("<item>")].replace("Tue, 05 Mar 2024", day)
    found = answer(f"{head}</channel></rss>")
    assert (found.papers, found.updates, found.rejected) == ((), (), ())
    assert found.day.strftime("%a, %d %b %Y") == day


def test_a_day_of_replacements_only_has_no_papers_and_is_no_error(rss: str) -> None:
    found = answer(rss.replace(">new<", ">replace<").replace(">cross<", ">replace-cross<"))
    assert not found.papers
    assert len(found.updates) == 4


def test_where_the_kind_has_no_element_it_is_read_from_the_text(rss: str) -> None:
    found = answer(rss.replace("arxiv:announce_type>", "arxiv:unknown>"))
    assert [len(found.papers), len(found.updates)] == [2, 2]


def test_an_unknown_kind_costs_no_paper_first_versions_are_new_and_later_ones_are_not(rss: str) -> None:
    unknown = rss.replace("arxiv:announce_type>", "arxiv:unknown>").replace("Announce Type", "Kind")
    found = answer(unknown)
    assert [paper.key for paper in found.papers] == ["arxiv:2403.00101"]
    assert found.unreadable == {"announce_type": 1}


def test_an_item_without_a_readable_date_or_id_is_kept_and_counted(rss: str) -> None:
    odd = rss.replace(
        "Tue, 05 Mar 2024 00:00:00 -0500</pubDate>\n      <arxiv", "5.3.24</pubDate>\n      <arxiv", 1
    )
    odd = odd.replace("oai:arXiv.org:2205.00102v2", "x").replace("abs/2205.00102", "abs/x")
    found = answer(odd)
    assert [paper.day for paper in found.papers] == [DAY, DAY]
    assert found.papers[1].other_keys
    assert found.unreadable == {"pubDate": 1, "id": 1}


def test_items_of_another_day_go_to_their_day(rss: str) -> None:
    one_late = rss.replace(
        "Tue, 05 Mar 2024 00:00:00 -0500</pubDate>\n      <arxiv",
        "Mon, 04 Mar 2024 00:00:00 -0500</pubDate>\n      <arxiv",
        1,
    )
    found = answer(one_late, day=DAY)
    assert [paper.day for paper in found.papers] == [date(2024, 3, 4), DAY]


def test_an_error_of_the_feed_is_told_in_its_own_words(rss: str) -> None:
    head = rss[: rss.index("<item>")]
    head = head.replace(
        "cs.LG, cs.CL updates on arXiv.org", "Feed error for query: https://rss.arxiv.org/rss/cs.XX"
    )
    head = head.replace("cs.LG, cs.CL updates on the arXiv.org e-print archive.", "Bad subject class 'XX'.")
    with pytest.raises(SourceRefused, match="Bad subject class 'XX'"):
        answer(f"{head}</channel></rss>")


@BOTH
def test_a_feed_cut_anywhere_is_refused(pages: Path, name: str) -> None:
    raw = (pages / name).read_bytes().rstrip()
    for part in range(1, 40):
        with pytest.raises(SourceChanged):
            answer(raw[: len(raw) * part // 40])


class Site:
    """Answers by address, and what was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        self.asked.append(url)
        return self.answers.pop(0)


def test_what_is_listed_now_is_asked_of_one_feed_of_all_categories(rss: str) -> None:
    site = Site(rss.encode())
    fetch = adapter().fetch_latest
    assert fetch
    assert len(parse_parts(fetch(site), today=TODAY, adapter=adapter()).papers) == 2
    assert site.asked == ["https://rss.arxiv.org/rss/cs.LG+cs.CL"]


def full(rss: str) -> bytes:
    """A feed with as many items as a feed can have."""
    start, end = rss.index("<item>"), rss.index("</item>") + len("</item>")
    items = (rss[start:end].replace("2403.00101", f"2403.{number:05}") for number in range(10_000, 12_000))
    return (rss[:start] + "".join(items) + "</channel></rss>").encode()


def test_a_full_feed_is_completed_by_oai_pmh(rss: str, pages: Path) -> None:
    site = Site(full(rss), (pages / "arxiv-oai.xml").read_bytes())
    only = adapter(categories="cs.LG")
    assert only.fetch_latest
    found = parse_parts(only.fetch_latest(site), today=TODAY, adapter=only)
    assert "from=2024-03-05" in site.asked[1]
    assert len(found.papers) == 2_003
    assert {"arxiv:2403.11999", "arxiv:2403.00101"} <= {paper.key for paper in found.papers}


def test_a_full_feed_that_cannot_be_completed_is_told_and_not_taken_for_all(rss: str, pages: Path) -> None:
    none = (pages / "arxiv-oai.xml").read_text()
    none = none[: none.index("<ListRecords>")] + '<error code="noRecordsMatch">None.</error></OAI-PMH>'
    only = adapter(categories="cs.LG")
    assert only.fetch_latest
    with pytest.raises(SourceChanged, match="full with 2,000 items"):
        only.fetch_latest(Site(full(rss), none.encode()))


def test_a_source_without_categories_is_told_to_the_operator() -> None:
    assert ARXIV.configured
    with pytest.raises(SourceChanged, match="categories"):
        ARXIV.configured({})


def test_the_real_feeds_are_read_in_full(test_data: Path) -> None:
    folder = test_data / "formats" / "arxiv-rss"
    found = answer((folder / "laya-reader-2026-09-24.xml").read_bytes())
    assert (found.day, found.issued, found.rejected) == (date(2026, 9, 24), date(2026, 9, 24), ())
    assert [(paper.key, paper.authors) for paper in found.papers] == [
        ("arxiv:2609.26811", 1),
        ("arxiv:2205.06398", 3),
    ]
    assert found.papers[1].other_keys == ("doi:10.1093/bioinformatics/btac431",)
    assert [paper.key for paper in found.updates] == ["arxiv:2009.13987"]
    atom = answer((folder / "zotero-arxiv-daily-atom-2025-08-20.xml").read_bytes())
    assert (atom.day, len(atom.papers), len(atom.updates)) == (date(2025, 8, 20), 7, 0)
    assert not any("Announce" in paper.abstract for paper in (*found.papers, *atom.papers))
    assert not found.unreadable
    assert not atom.unreadable


def test_a_past_day_is_asked_for_by_its_records_and_by_when_its_papers_were_submitted(pages: Path) -> None:
    answers = [(pages / name).read_bytes() for name in ("arxiv-oai.xml", "arxiv-api.xml")]
    site = Site(*answers)
    one = adapter(categories="cs.LG")
    assert one.fetch_day
    found = parse_parts(one.fetch_day(DAY, site), today=TODAY, day=DAY, adapter=one)
    assert "arxiv:2403.00108" in {paper.key for paper in found.papers}  # only the second answer has it
    assert [paper.key for paper in found.papers].count("arxiv:2403.00101") == 1
    assert [paper.key for paper in found.updates] == ["arxiv:2009.00103"]


def test_what_a_past_days_search_finds_of_other_categories_can_be_left_out_too(pages: Path) -> None:
    raw = (pages / "arxiv-api.xml").read_text()
    cross = raw.replace('primary_category term="cs.LG"', 'primary_category term="stat.ME"')
    assert len(answer(cross).papers) == 2
    found = answer(cross, cross_lists="no")
    assert "arxiv:2403.00101" in {paper.key for paper in found.updates}
