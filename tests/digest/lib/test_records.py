"""A paper's identity, its links, and text that strangers wrote."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose.paper.samples import paper
from digest.lib.records import arxiv_id, clean_text, identify, paper_url, safe_link, title_key


@pytest.mark.parametrize(
    "text",
    [
        "2503.02130",
        "2503.02130v1",
        " 2503.02130v12 ",
        "arxiv:2503.02130",
        "arXiv:2503.02130v2",
        "https://arxiv.org/abs/2503.02130v2",
        "https://arxiv.org/pdf/2503.02130v2.pdf",
        "https://arxiv.org/abs/2503.02130?context=cs",
        "https://huggingface.co/papers/2503.02130#community",
        "/papers/2503.02130/",
    ],
)
def test_every_way_to_write_an_arxiv_id_means_the_same_paper(text: str) -> None:
    assert identify(title="Any", arxiv=text) == "arxiv:2503.02130"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12503.02130",
        "2503.021301",
        "2513.02130",
        "２５０３.02130",
        "papers/1234567",
        "date/2025-11-05",
        "v2",
    ],
)
def test_what_is_no_arxiv_id_is_none(text: str) -> None:
    assert arxiv_id(text) is None


def test_ids_that_look_like_the_same_number_are_different_papers() -> None:
    assert identify(title="Any", arxiv="2503.02130") != identify(title="Any", arxiv="2503.0213")


def test_old_arxiv_ids_are_known_without_their_subject_class() -> None:
    assert arxiv_id("https://arxiv.org/abs/math.GT/0309136v1") == "math/0309136"
    assert arxiv_id("hep-th/9901001") == "hep-th/9901001"


def test_identity_prefers_arxiv_then_doi_then_title() -> None:
    assert identify(title="T", arxiv="2503.02130", doi="10.5555/x") == "arxiv:2503.02130"
    assert identify(title="T", arxiv="unknown", doi="https://doi.org/10.5555/X.1") == "doi:10.5555/x.1"
    assert identify(title="T", arxiv="", doi="not a doi") == title_key("T")


def test_a_doi_of_arxiv_is_the_arxiv_paper() -> None:
    assert identify(title="T", doi="10.48550/arXiv.2503.02130") == "arxiv:2503.02130"


def test_a_doi_that_ends_like_an_arxiv_id_stays_a_doi() -> None:
    assert identify(title="T", doi="10.5555/2503.02130") == "doi:10.5555/2503.02130"


def test_a_key_always_fits_the_database() -> None:
    assert len(identify(title="T", doi="10.5555/" + "x" * 5_000)) <= 200


def test_titles_that_differ_in_case_accents_spacing_or_punctuation_are_the_same_paper() -> None:
    assert title_key("Naïve  Models:\n A Survey") == title_key("naive models, a survey!")
    assert title_key("Naive Models") != title_key("Naive Model")


def test_titles_of_nothing_but_signs_are_not_all_the_same_paper() -> None:
    assert title_key("???") != title_key("!!!")


def test_a_paper_without_number_opens_as_a_search_for_its_title() -> None:
    assert paper_url(title_key("A & B"), "A & B") == "https://huggingface.co/papers?q=A+%26+B"
    assert paper_url("doi:10.5555/x", "A") == "https://doi.org/10.5555/x"


def test_a_paper_that_only_arxiv_is_known_to_have_opens_there() -> None:
    assert paper_url("arxiv:2503.02130", "A") == "https://arxiv.org/abs/2503.02130"
    assert paper_url("arxiv:cs/0309136", "A") == "https://arxiv.org/abs/cs/0309136"


@pytest.mark.parametrize(
    ("doi", "path"),
    [
        ("10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2", None),
        ("10.1000/456#789?a=b%20c", "10.1000/456%23789%3Fa=b%2520c"),
        ("10.1000/é", "10.1000/%C3%A9"),
    ],
)
def test_any_sign_of_a_doi_stays_in_the_path_of_its_link(doi: str, path: str | None) -> None:
    url = paper_url(identify(title="T", doi=doi), "T")
    assert safe_link(url) == url
    parts = urlsplit(url)
    assert (parts.query, parts.fragment, unquote(parts.path)) == ("", "", f"/{doi}")
    assert path is None or parts.path == f"/{path}"


@pytest.mark.parametrize(
    ("title", "abstract", "withdrawn"),
    [
        ("A Title", "This paper has been withdrawn by the author due to an error in Lemma 3.", True),
        ("A Title", "We prove much. This paper has been withdrawn.", True),
        ("A Title", "Withdrawn due to a dispute about authorship.", True),
        ("[Withdrawn] A Title", "We prove much.", True),
        ("A Title (withdrawn)", "", True),
        ("Withdrawn and Retracted Papers: A Survey", "We study why papers are withdrawn by authors.", False),
        ("A Title", "The paper was withdrawn in 40% of the cases that we study.", False),
        ("A Title", "", False),
    ],
)
def test_a_paper_is_withdrawn_if_its_authors_say_so(title: str, abstract: str, withdrawn: bool) -> None:
    assert paper(1, title, abstract).withdrawn is withdrawn


def test_the_address_of_the_longest_title_fits_the_database() -> None:
    assert len(paper_url("title:0", "\N{MATHEMATICAL BOLD CAPITAL A}" * 500)) < 2_000


def test_hard_wraps_are_folded_and_signs_stay_as_they_are() -> None:
    assert clean_text('  When is\n  <think> a tag &\t"why"\r\n? ', 500) == 'When is <think> a tag & "why" ?'


def test_text_cannot_turn_its_line_around_or_break_a_mail() -> None:
    hostile = "safe\u202etxt.exe\u2066 \x00\x1b[31m \ud800 \ufffe \ue000end"
    assert clean_text(hostile, 500) == "safetxt.exe [31m end"


def test_a_line_of_a_megabyte_is_cut_with_an_ellipsis() -> None:
    cleaned = clean_text("word " * 200_000, 500)
    assert len(cleaned) <= 500
    assert cleaned.endswith("word…")


@settings(deadline=None)
@given(st.text(), st.integers(min_value=2, max_value=40))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = clean_text(text, limit)
    assert len(once) <= limit
    assert clean_text(once, limit) == once


@settings(deadline=None)
@given(st.text())
def test_any_title_has_a_key_and_an_address(title: str) -> None:
    key = identify(title=title)
    assert key.startswith("title:")
    assert paper_url(key, title).isascii()


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,hi",
        "//no.scheme.example/",
        "https://",
        "https://huggingface.co@evil.example/",
        "https://good.example\\@evil.example",
        "https://a.example/\u202egnp.exe",
        "https://a.example/ b",
        "https://a.example/\nSet-Cookie:x",
        "https://a.example:99999/",
        "https://[bad/",
        "https://a.example/" + "x" * 500,
        {"url": "https://a.example"},
        None,
        7,
    ],
)
def test_a_link_that_is_not_safe_to_print_is_dropped(link: object) -> None:
    assert safe_link(link) is None


def test_a_safe_link_stays_and_loses_only_the_space_around_it() -> None:
    assert safe_link(" https://kites.example/read?a=b&c=d ") == "https://kites.example/read?a=b&c=d"
