"""What a reader finds in a letter, and what no stranger can put into one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from digest.compose import (
    Letter,
    Sender,
    compose_digest,
    prepare,
)
from digest.compose.content import Brand, DigestContent, Item, Section
from digest.compose.letter import HTML_LIMIT
from digest.compose.paper.samples import LAB_BENCH, item, paper
from digest.compose.samples import BRAND, DIGESTS, READER
from digest.compose.templating.environment import wrapped
from digest.compose.templating.quoted_printable import body, size_of
from tests.digest.compose.letters import read, words

GOLDEN = Path(__file__).with_name("many.txt")
LETTERS = {name: compose_digest(content, BRAND) for name, content in DIGESTS.items()}


def test_the_text_part_reads_like_a_letter() -> None:
    assert LETTERS["many"].text_for(READER) == GOLDEN.read_text(encoding="utf-8")


def test_what_a_no_break_space_holds_together_is_not_wrapped() -> None:
    number = "12\N{NO-BREAK SPACE}045\N{NARROW NO-BREAK SPACE}678"
    assert wrapped(f"{'x' * 66} {number}") == f"{'x' * 66}\n12 045 678"


def test_subjects() -> None:
    assert LETTERS["many"].subject == (
        "Bridging the Gap Between Promise and Performance for… and 7 more · 5 Nov"
    )
    assert LETTERS["carried-only"].subject == "1 paper from your last digest · 5 Nov"


def test_every_paper_comes_with_its_reason_and_links() -> None:
    page = read(LETTERS["many"])
    title = page.find("h3")
    assert title.get_text(strip=True).startswith("Bridging the Gap")
    assert title.a["href"] == "https://huggingface.co/papers/2511.00101"
    following = [" ".join(tag.get_text(" ").split()) for tag in title.find_next_siblings("p", limit=4)]
    assert (
        following[0] == "arXiv, 5 Nov · ISTA · Ada Example, …, Zoe de Groot and 10 more · ▲ 48 · 3 comments"
    )
    assert following[1].startswith("Summary by the source: Micro-scaled four-bit formats")
    assert following[2].startswith("We present the first")
    assert following[3] == "Why: title has “FP4 Quantization”; abstract has “MXFP4”"
    links = title.find_next("td", class_="acts").find_all("a")
    assert [link.string for link in links] == ["Read on Hugging Face", "PDF", "Code", "Project"]
    assert links[1]["href"] == "https://arxiv.org/pdf/2511.00101"
    assert links[1]["aria-label"].startswith("PDF: Bridging the Gap")


def test_matched_words_are_highlighted_in_title_and_excerpt() -> None:
    hits = [hit.string for hit in read(LETTERS["many"]).find_all("span", class_="hit")]
    assert hits[:3] == ["FP4 Quantization", "MXFP4", "Quantizing"]


def test_headings_form_an_outline() -> None:
    assert [tag.name for tag in read(LETTERS["many"]).find_all(re.compile("^h[1-6]$"))] == (
        ["h1", "h2", "h3", "h3", "h2", "h3", "h2", "h3", "h2", "h3", "h2", "h2"]
    )


def test_own_query_is_named_as_the_readers() -> None:
    assert 'Your query: kv* NOT title:"cold cache" 1' in words(LETTERS["many"])


def test_unsubscribe_and_the_web_are_also_near_the_top() -> None:
    html = LETTERS["crowd"].html_for(READER)
    assert html.count(READER.unsubscribe_url) == 2
    assert html.index(READER.unsubscribe_url) < html.index("<h2")
    assert html.index(READER.web_url) < html.index("<h2")


def test_a_paper_without_abstract_or_marks_leaves_no_gap() -> None:
    assert "Why:" not in words(LETTERS["no-words"])
    paragraphs = [
        " ".join(p.get_text().split()) for p in read(LETTERS["no-abstract"]).h3.find_next_siblings("p")
    ]
    assert paragraphs == ["arXiv, 5 Nov · 2 authors", "Why: title has “Splatting”", "Mute topic: 3D"]


def test_papers_of_a_lost_digest_have_a_block_of_their_own() -> None:
    said = words(LETTERS["carried"])
    assert said.index("From your last digest It may not have reached you.") > said.index("LabBench")
    assert "1 for you · 2 you already had · 2 from your last digest" in said


def test_layout_tables_say_so_and_the_page_names_its_language() -> None:
    page = read(compose_digest(replace(DIGESTS["one"], language="de-AT"), BRAND))
    assert page.html["lang"] == "de"
    assert page.html["dir"] == "ltr"
    assert page.title.string == "Paper Digest · Mittwoch, 5. November"
    assert {table.get("role") for table in page.find_all("table")} == {"presentation"}
    assert not page.find_all(["img", "script", "link", "form"])


# --- Strangers' text -------------------------------------------------------------------------


def test_hostile_text_is_shown_never_run() -> None:
    page = read(LETTERS["hostile"])
    said = words(LETTERS["hostile"])
    assert '<script>alert("1")</script> in a title' in said
    assert "{{7*7}} {% include '/etc/passwd' %} {# gone #} jx0x" in said
    assert "{{ 7*7 }} {% raw %} templates." in said
    assert not page.find_all(["script", "img"])
    assert len(page.find_all("style")) == 2
    assert all(link["href"].startswith("https://") for link in page.find_all("a"))
    assert "//x" not in page.find(class_="dot")["style"]


@pytest.mark.parametrize("part", ["html_for", "text_for"])
def test_no_text_can_forge_a_link_or_reverse_the_page(part: str) -> None:
    letter = getattr(LETTERS["hostile"], part)(READER)
    assert "unsubscribe web a forged link" in letter
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", letter
    )
    lines = sum(len(section.items) for section in DIGESTS["hostile"].more)
    assert letter.count(READER.web_url) == 1 + lines


def test_a_link_with_an_ampersand_is_escaped_in_html_only() -> None:
    reader = replace(READER, unsubscribe_url="https://e.org/?a=1&b=2", web_url='https://e.org/"><i>')
    letter = LETTERS["one"]
    assert "https://e.org/?a=1&b=2\n" in letter.text_for(reader)
    assert 'href="https://e.org/?a=1&amp;b=2"' in letter.html_for(reader)
    assert '"><i>' not in letter.html_for(reader)


# --- Size ------------------------------------------------------------------------------------


def crowd(number: int, filler: str = "We propose a method. ", sections: int = 3) -> DigestContent:
    items = [
        item(paper(n, f"Paper number {n} about agents", filler * 9), "agents", "propose")
        for n in range(number)
    ]
    grouped = tuple(Section(f"Topic {n}", "#000000", tuple(items[n::sections])) for n in range(sections))
    return DigestContent(DIGESTS["one"].day, 2000, 0, grouped)


def shown(letter: Letter) -> tuple[list[str], list[str], int]:
    """The titles in full, the title lines, and the number of papers only counted."""
    page = read(letter)
    left = re.search(r"And ([\d,]+) more papers? on the web", page.get_text())
    return (
        [title.get_text().strip() for title in page.find_all("h3")],
        [line.get_text().strip() for line in page.find_all("li")],
        int(left[1].replace(",", "")) if left else 0,
    )


@pytest.mark.parametrize("number", [1, 20, 34, 60, 90, 300, 1500])
@pytest.mark.parametrize("filler", ["We propose a method. ", "我们提出一种非常有效的量化方法。"])
def test_the_html_stays_within_its_limit_and_every_paper_is_accounted_for(number: int, filler: str) -> None:
    letter = compose_digest(crowd(number, filler), BRAND)
    long = "https://digest.example.org/" + "t" * 43
    reader = replace(READER, unsubscribe_url=long, preferences_url=long, web_url=long)
    message = prepare(letter, Sender("a@example.org")).message(reader)
    assert len(message[message.rindex(b"Content-Type: text/html") :]) <= HTML_LIMIT
    full, lines, left = shown(letter)
    assert len(full) + len(lines) + left == number
    assert len(set(full + lines)) == len(full) + len(lines)
    assert letter.html.count(">Read on Hugging Face<") == len(full)
    assert letter.text.count("Read on Hugging Face: ") == len(full)
    assert full or not number


def test_when_not_all_fit_the_best_of_every_topic_stay() -> None:
    full, lines, left = shown(compose_digest(crowd(300), BRAND))
    assert {
        "Paper number 0 about agents",
        "Paper number 1 about agents",
        "Paper number 2 about agents",
    } <= set(full)
    assert len(full) > 20
    assert lines
    assert left > 0
    assert f"{len([n for n in full if int(n.split()[2]) % 3 == 0])} of 100" in words(
        compose_digest(crowd(300), BRAND)
    )


def test_when_a_few_do_not_fit_each_has_a_title_line_and_the_room_is_used() -> None:
    for number in (36, 40):
        letter = compose_digest(crowd(number), BRAND)
        full, lines, left = shown(letter)
        assert (len(full) + len(lines), left) == (number, 0)
        assert lines
        one_more = len(letter.html) / len(full)
        assert size_of(body(letter.html, "html"), BRAND.site_url) > HTML_LIMIT - 1.5 * one_more


def test_papers_beyond_the_cap_are_title_lines() -> None:
    full, lines, left = shown(LETTERS["many"])
    assert (len(full), len(lines), left) == (5, 3, 0)


def test_a_digest_of_lines_only_still_prints() -> None:
    letter = compose_digest(replace(DIGESTS["one"], sections=(), more=DIGESTS["one"].sections), BRAND)
    assert letter.subject == "1 paper for you · 5 Nov"
    assert shown(letter)[1] == ["LabBench: Do Agents Read the Manual?"]


def test_letters_that_share_a_paper_each_show_it_in_their_own_colours() -> None:
    content = replace(
        DIGESTS["one"], sections=(Section("Agents", "#123456", (Item(LAB_BENCH.record, (), ""),)),)
    )
    accents = {
        accent: compose_digest(content, Brand("X", "https://x.example", accent))
        for accent in ("#1f5fbf", "#8a1f1f")
    }
    for accent, letter in accents.items():
        assert f"color:{accent}" in letter.html
        assert all(f"color:{other}" not in letter.html for other in accents if other != accent)


def test_composing_again_gives_the_same_letter() -> None:
    assert compose_digest(DIGESTS["many"], BRAND) == LETTERS["many"]
