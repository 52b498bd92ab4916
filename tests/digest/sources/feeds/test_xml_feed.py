"""RSS 1.0, RSS 2.0 and Atom: what their items become, and what feeds get wrong."""

from datetime import date
from pathlib import Path

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, parse
from digest.sources.feeds import FEED, configured

TODAY = date(2024, 3, 7)
ATOM = "http://www.w3.org/2005/Atom"


def read(raw: bytes | str, **settings: str) -> ParsedAnswer:
    adapter = configured(settings) if settings else FEED
    return parse(raw if isinstance(raw, bytes) else raw.encode(), today=TODAY, adapter=adapter)


def rss(*items: str, channel: str = "") -> str:
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:own="https://own.example/">'
        f"<channel><title>F</title>{channel}{''.join(f'<item>{it}</item>' for it in items)}</channel></rss>"
    )


def only(item: str, **settings: str) -> PaperRecord:
    """The paper of an item with these elements."""
    (paper,) = read(rss(item if "<title" in item else f"<title>Kites</title>{item}"), **settings).papers
    return paper


def test_the_table_of_contents_of_a_journal_is_read(pages: Path) -> None:
    answer = read(pages.joinpath("feed-rss1.xml").read_bytes())
    first, second = answer.papers
    assert (first.key, first.title) == (
        "doi:10.5555/j.boats.2024.01.009",
        "Folding in Slow Rivers: CO2 & Paper",
    )
    assert first.author_names == ("Ada Quill", "Bo Tern", "Cy van den Wren")
    assert (first.day, first.undated, first.published) == (date(2024, 3, 5), False, date(2024, 3, 5))
    assert first.url == "https://journal.example/boats/S1(24)/fulltext"
    assert (second.key, second.abstract) == (
        "doi:10.5555/j.boats.2024.01.010",
        "Journal of Paper Boats If x<y then the hull holds.",
    )


def test_the_feed_of_a_blog_is_read(pages: Path) -> None:
    answer = read(pages.joinpath("feed-rss2.xml").read_bytes())
    assert (answer.issued, answer.rejected) == (date(2024, 3, 6), ())
    first, second, third = answer.papers
    assert (first.title, first.abstract) == (
        "When is a <think> tag no tag, and is x<y?",
        "If x<y then <eos> wins. One Two",
    )
    assert (first.author_names, first.url) == (("Gil Heron",), "https://kites.example/blog/think?page=2")
    assert (second.key, second.authors) == ("arxiv:2403.01005", 2)
    assert third.url == "https://kites.example/blog/note"


def test_an_atom_feed_is_read(pages: Path) -> None:
    first, second = read(pages.joinpath("feed-atom.xml").read_bytes()).papers
    assert (first.key, first.title) == ("doi:10.5555/lanterns.1", "Σ-Lanterns: Sums of Light")
    assert first.abstract == "Light adds up. CO2 does not."
    assert first.author_names == ("Jo Kite", "Kay Lark")
    assert (second.abstract, second.url) == ("a < b", "https://lanterns.example/changed")


# --- days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Tue, 05 Mar 2024 23:30:00 -0500", date(2024, 3, 6)),
        ("Tue, 05 Mar 2024 00:00:00 +0900", date(2024, 3, 4)),
        ("05 Mar 2024", date(2024, 3, 5)),
        ("2024-03-05", date(2024, 3, 5)),
        ("2024-03-05T22:00:00-04:00", date(2024, 3, 6)),
        ("2024-03-05-08:00", date(2024, 3, 5)),
    ],
)
def test_an_item_is_of_its_own_day_in_utc(written: str, day: date) -> None:
    paper = only(f"<pubDate>{written}</pubDate>")
    assert (paper.day, paper.published, paper.undated) == (day, day, False)


@pytest.mark.parametrize("written", ["2024-01", "2024", "March 2024", "soon", "2030-01-01"])
def test_a_date_that_names_no_day_or_one_to_come_is_no_day_and_counted(written: str) -> None:
    answer = read(rss(f"<title>Kites</title><pubDate>{written}</pubDate>"))
    (paper,) = answer.papers
    assert (paper.day, paper.published, paper.undated) == (TODAY, None, True)
    assert answer.unreadable == {"day": 1}


def test_an_item_without_a_date_is_of_the_day_on_which_it_is_seen() -> None:
    answer = read(rss("<title>Kites</title>"))
    assert [(paper.day, paper.undated, paper.unreadable) for paper in answer.papers] == [(TODAY, True, ())]


def test_the_day_on_which_a_feed_was_made_is_no_day_of_its_items() -> None:
    answer = read(
        rss(
            "<title>Old</title><pubDate>Mon, 04 Mar 2024 09:00:00 GMT</pubDate>",
            channel="<lastBuildDate>Thu, 07 Mar 2024 09:00:00 GMT</lastBuildDate>",
        )
    )
    assert (answer.issued, answer.day, answer.papers[0].day) == (
        date(2024, 3, 7),
        date(2024, 3, 4),
        date(2024, 3, 4),
    )


def test_a_feed_without_items_is_a_day_without_news() -> None:
    built = "<pubDate>Sat, 02 Mar 2024 00:00:00 GMT</pubDate>"
    assert read(rss(channel=built)) == ParsedAnswer(
        date(2024, 3, 2), "feed-xml", (), (), issued=date(2024, 3, 2)
    )


# --- what identifies a paper -----------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        "<dc:identifier>10.5555/Boats.7</dc:identifier>",
        "<dc:identifier>doi:10.5555/boats.7</dc:identifier>",
        "<prism:doi>10.5555/boats.7</prism:doi>",
        "<link>https://doi.org/10.5555/boats.7</link>",
        "<link>https://journal.example/doi/full/10.5555/boats.7?af=R</link>",
        "<link>https://journal.example/article?id=10.5555%2Fboats.7&amp;rss=1</link>",
        "<link>https://journal.example/doi/10.5555/boats.7/full</link>",
        "<guid isPermaLink='false'>doi:10.5555/boats.7</guid>",
    ],
)
def test_a_doi_is_found_wherever_feeds_have_it(item: str) -> None:
    assert only(item).key == "doi:10.5555/boats.7"


def test_the_version_of_a_preprint_is_no_part_of_its_doi() -> None:
    link = "<link>https://www.biorxiv.org/content/10.1101/2024.03.01.123456v2?rss=1</link>"
    assert only(link).key == "doi:10.1101/2024.03.01.123456"


@pytest.mark.parametrize(
    "item",
    [
        "<link>https://arxiv.org/abs/2403.01005v2</link>",
        "<link>http://arxiv.org/pdf/2403.01005</link>",
        "<guid isPermaLink='false'>oai:arXiv.org:2403.01005v1</guid>",
        "<dc:identifier>https://doi.org/10.48550/arXiv.2403.01005</dc:identifier>",
    ],
)
def test_an_arxiv_id_is_found_wherever_feeds_have_it(item: str) -> None:
    assert only(item).key == "arxiv:2403.01005"


def test_numbers_in_a_blogs_addresses_are_no_arxiv_ids() -> None:
    assert only("<link>https://blog.example/2403.01005</link>").key.startswith("title:")


def test_a_preprint_with_a_journals_doi_is_known_by_both() -> None:
    paper = only("<link>https://arxiv.org/abs/2403.01005</link><prism:doi>10.5555/boats.7</prism:doi>")
    assert (paper.key, paper.other_keys) == ("arxiv:2403.01005", ("doi:10.5555/boats.7",))


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/p?rss=yes", "https://a.example/p"),
        ("https://a.example/p?id=7&amp;utm_source=x&amp;utm_medium=rss", "https://a.example/p?id=7"),
        ("https://a.example/p?q=a%20b", "https://a.example/p?q=a%20b"),
    ],
)
def test_links_lose_only_what_says_that_they_are_of_a_feed(link: str, kept: str) -> None:
    assert only(f"<link>{link}</link>").url == kept


def test_a_link_that_cannot_be_printed_safely_is_replaced_by_a_search() -> None:
    for link in ("javascript:alert(1)", "http://[", "//"):
        assert only(f"<link>{link}</link>").url == "https://huggingface.co/papers?q=Kites"


# --- authors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("creators", "names"),
    [
        (["Ada Quill"], ["Ada Quill"]),
        (["Quill, Ada"], ["Quill, Ada"]),
        (["Ada Quill, Bo Tern and Cy van den Wren"], ["Ada Quill", "Bo Tern", "Cy van den Wren"]),
        (["Ada Quill, Bo Tern, and Cy Wren"], ["Ada Quill", "Bo Tern", "Cy Wren"]),
        (["Quill, A.; Tern, B."], ["Quill, A.", "Tern, B."]),
        (["Quill, A. B., van Tern, B."], ["Quill, A. B.", "van Tern, B."]),
        (["A. Quill (Mill, Hill (UK), and Dale), B. Tern"], ["A. Quill", "B. Tern"]),
        (["Ada Quill", "Bo Tern"], ["Ada Quill", "Bo Tern"]),
        (["ada@a.example (Ada Quill)"], ["Ada Quill"]),
        (["noreply@a.example"], []),
    ],
)
def test_names_are_told_apart(creators: list[str], names: list[str]) -> None:
    paper = only("".join(f"<dc:creator>{creator}</dc:creator>" for creator in creators))
    assert (list(paper.author_names), paper.authors) == (names, len(names) or None)


def test_names_that_nobody_can_tell_apart_are_left_out_and_counted() -> None:
    paper = only("<dc:creator>Plato, Aristotle, Ada Quill</dc:creator>")
    assert (paper.author_names, paper.authors, paper.unreadable) == ((), None, ("authors",))


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("&lt;i&gt;E. coli&lt;/i&gt; &amp;amp; us", "E. coli & us"),
        ("&amp;lt;i&amp;gt;E. coli&amp;lt;/i&amp;gt; &amp;amp;amp; us", "E. coli & us"),
        ("If x&lt;y then &lt;eos&gt; wins", "If x<y then <eos> wins"),
        ("<![CDATA[If x<y then <eos> wins]]>", "If x<y then <eos> wins"),
        ("Caf&#233; &amp;#8211; bar", "Café – bar"),
    ],
)
def test_titles_are_text_however_often_they_were_escaped(written: str, title: str) -> None:
    assert only(f"<title>{written}</title>").title == title


@pytest.mark.parametrize(
    ("written", "abstract"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("<p>A<img src='x.png'/>B</p><!-- <b>no</b> --><style>p > a {}</style>C", "A B C"),
        ("One<br/>two &nbsp; three", "One two three"),
        ("<h4>Results</h4>We find", "Results: We find"),
        ("We use <code> and <source> as words", "We use <code> and <source> as words"),
        ("<p>Never <script>closed", "Never"),
    ],
)
def test_a_description_written_as_a_page_becomes_its_text(written: str, abstract: str) -> None:
    assert only(f"<description><![CDATA[{written}]]></description>").abstract == abstract


# --- what an operator maps -------------------------------------------------------------------


def test_fields_are_found_where_the_operator_says() -> None:
    item = (
        "<title>Kites</title><description>Teaser.</description><own:text>The abstract.</own:text>"
        "<own:who>Ada Quill; Bo Tern</own:who><own:name>10.5555/boats.7</own:name>"
        "<pubDate>Thu, 07 Mar 2024 00:00:00 GMT</pubDate><own:when>2024-03-05</own:when>"
        "<own:to>https://a.example/kites</own:to>"
    )
    fields = (
        "abstract = own:missing, own:text\nauthors = own:who\ndoi=own:name\nday = own:when\nlink = own:to"
    )
    (paper,) = read(rss(item), address="https://a.example/feed", fields=fields).papers
    assert (paper.abstract, paper.author_names, paper.key) == (
        "The abstract.",
        ("Ada Quill", "Bo Tern"),
        "doi:10.5555/boats.7",
    )
    assert (paper.day, paper.url) == (date(2024, 3, 5), "https://a.example/kites")


# --- what feeds get wrong --------------------------------------------------------------------


def test_relative_links_start_from_the_feeds_address() -> None:
    raw = rss("<title>Kites</title><link>/kites</link>")
    assert read(raw, address="https://a.example/x/feed.xml").papers[0].url == "https://a.example/kites"


def test_names_of_signs_that_only_pages_have_and_bare_ampersands_are_read() -> None:
    assert only("<title>Tern & Sons&nbsp;&mdash; Caf&eacute; \x08&#8;&unknown;</title>").title == (
        "Tern & Sons — Café &unknown;"
    )


def test_western_european_letters_without_a_word_of_it_are_read() -> None:
    assert read(rss("<title>Café</title>").encode("cp1252")).papers[0].title == "Café"


def test_a_feed_that_is_cut_off_is_refused_wherever_that_is(pages: Path) -> None:
    for name in ("feed-rss1.xml", "feed-rss2.xml", "feed-atom.xml"):
        raw = pages.joinpath(name).read_bytes().rstrip()
        for end in range(0, len(raw), 37):
            with pytest.raises(SourceChanged):
                read(raw[:end])


def test_xml_that_is_no_feed_is_refused() -> None:
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><a/></rdf:RDF>'
    with pytest.raises(SourceChanged, match="XML that is none"):
        read(rdf)
    with pytest.raises(SourceChanged, match="beside each other"):
        read(rss("<title>A</title><item><title>B</title></item>"))


def test_a_feed_that_defines_its_own_signs_is_refused() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(SourceChanged):
        read(f"{bomb}{rss('<title>A &f;</title>')}")


def test_items_without_a_title_are_rejected_alone() -> None:
    answer = read(rss("<title>A</title>", "<description>x</description>", "<title>B</title>"))
    assert [(reject.position, reject.why) for reject in answer.rejected] == [(2, "it has no title")]


def test_a_feed_with_more_items_than_any_has_is_refused() -> None:
    with pytest.raises(SourceChanged, match="2,001 items"):
        read(rss(*["<title>A</title>"] * 2_001))
