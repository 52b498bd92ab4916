"""What a digest holds beside its papers' texts: votes, captions, near misses, the brand, the web view."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from digest.compose import WelcomeContent, compose_digest, compose_page, compose_welcome
from digest.compose.content import Section
from digest.compose.paper.samples import FOUR_BITS, LAB_BENCH, item, paper
from digest.compose.samples import BRAND, DIGESTS, LOGO, READER, WEEK
from tests.digest.compose.letters import LETTERS, read, words

FIRST = datetime(2025, 11, 6, 7, 0, tzinfo=UTC)


def test_every_paper_can_be_judged_with_one_press_and_its_topic_muted() -> None:
    page = read(LETTERS["many"])
    links = [link["href"] for link in page.select("td.votes")[0].find_all("a")]
    vote = READER.vote_url
    assert links == [f"{vote}101/more/", f"{vote}101/less/", f"{vote}mute/quantization/"]
    assert page.select("td.votes a")[0]["aria-label"].startswith("More like this: Bridging the Gap")
    text = LETTERS["many"].text_for(READER)
    assert all(link in text for link in links)
    own = page.find("a", string="Read", attrs={"aria-label": re.compile("Kept Busy")}).find_parent("tr")
    assert "Mute query" in own.get_text()
    assert "Mute" not in read(LETTERS["carried-only"]).get_text()


def test_why_a_paper_stands_where_it_stands_is_said_once_in_each_part() -> None:
    note = "Ranked up because you liked “Kept Busy: Scheduling KV Transfers”."
    for part in (LETTERS["weekly"].text_for(READER), read(LETTERS["weekly"]).get_text()):
        assert " ".join(part.split()).count(note) == 1


def test_titles_and_abstracts_are_said_to_be_english_in_a_german_mail() -> None:
    page = read(LETTERS["german"])
    assert page.html["lang"] == "de"
    spoken = [element for element in page.select("h3, p.text, li.line, p.near") if element.get_text().strip()]
    assert len(spoken) > 8
    assert {element["lang"] for element in spoken} == {"en"}
    assert "Quantisierung" in words(LETTERS["german"])


def test_a_welcome_lists_every_paper_of_the_week_and_of_very_many_says_where_the_others_are() -> None:
    few, many = (
        WelcomeContent(FIRST, "UTC", replace(WEEK, sections=(Section("Agents", "#000000", items),)))
        for items in ((LAB_BENCH,) * 16, (LAB_BENCH,) * 70)
    )
    told = read(compose_welcome(few, BRAND))
    assert (len(told.select("h3")), len(told.select("li.line"))) == (5, 11)
    assert "And 11 more" in told.get_text()
    assert "in the archive" not in told.get_text()
    letter = compose_welcome(many, BRAND)
    link = read(letter).find("a", string="And 15 more in the archive")
    assert link["href"] == f"{BRAND.site_url}/archive/"
    assert f"And 15 more in the archive:\n{BRAND.site_url}/archive/" in letter.text_for(READER)
    assert len(letter.html) < 90_000


def test_a_sample_cannot_be_voted_on() -> None:
    sample = compose_digest(DIGESTS["many"], BRAND, votes=False)
    assert "vote\x03" not in sample.html + sample.text
    assert "More like this" not in sample.html


def test_a_paper_shows_in_each_section_under_its_own_topic_to_mute() -> None:
    sections = tuple(Section(name, "#000000", (LAB_BENCH,), mute=name) for name in ("one", "two"))
    for order in (sections, sections[::-1]):
        page = read(compose_digest(replace(DIGESTS["one"], sections=order), BRAND))
        muted = [link["href"] for link in page.select("a[href*='/mute/']")]
        assert muted == [f"{READER.vote_url}mute/{section.mute}/" for section in order]


def test_where_when_and_who_stand_below_the_title() -> None:
    def facts(**known: Any) -> str:
        shown = item(paper(1, "Title", **known))
        content = replace(DIGESTS["one"], sections=(Section("A", "#000000", (shown,)),))
        found = read(compose_digest(content, BRAND)).h3.find_next("p").get_text()
        return " ".join(found.split())

    day = DIGESTS["one"].day
    assert facts(published=day.replace(day=3)) == "arXiv, 3 Nov"
    assert facts(published=day.replace(year=2023)) == "arXiv, 5 Nov 2023"
    assert facts(key="title:x00001", url="https://www.example.org/a") == "example.org, 5 Nov"
    assert facts(author_names=("Ada Lovelace",)) == "arXiv, 5 Nov · Ada Lovelace"
    assert facts(author_names=("Ada Lovelace", "Eve", "Bob"), authors=12) == (
        "arXiv, 5 Nov · Ada Lovelace and 11 others"
    )


def test_the_caption_says_what_the_cap_left_over() -> None:
    assert "Also today 3 beyond your 5 Beyond the Cap, Part 1" in words(LETTERS["many"])
    assert "Also this week 3 beyond your 3" in words(LETTERS["weekly"])
    assert "beyond your" not in words(LETTERS["crowd"])


def test_title_lines_lead_to_their_paper_on_the_web() -> None:
    web = read(compose_page(DIGESTS["many"], BRAND))
    lines = [link["href"] for link in read(LETTERS["many"]).select("li a")]
    assert [line.partition("#")[0] for line in lines] == [READER.web_url] * 3
    assert all(web.find(id=line.partition("#")[2]) for line in lines)


def test_the_web_view_leaves_nothing_out_and_cuts_nothing() -> None:
    page = compose_page(replace(DIGESTS["crowd"], more=DIGESTS["many"].more), BRAND)
    assert not read(page).find_all("li")
    assert len(read(page).find_all("h3")) == 304
    assert "Code is available at" in words(page)
    assert "Code is available at" not in words(LETTERS["one"])
    assert "View on the web" not in words(page)


def test_a_near_miss_names_the_query_that_would_have_brought_it() -> None:
    said = words(LETTERS["many"])
    assert "One word short Prefill Once: Sharing Attention States Between Agents of One Team" in said
    assert "“kv*” would add this paper: it lacks only “quantiz*” of your query “kv* quantiz*”. Add it" in said
    assert f"{READER.preferences_url}?add=kv%2A" in LETTERS["many"].html_for(READER)
    assert f"{READER.preferences_url}?add=kv%2A" in LETTERS["many"].text_for(READER)


def test_why_a_paper_ranks_high_stands_below_its_reason() -> None:
    assert "Ranked up because you liked “Kept Busy" in words(LETTERS["weekly"])


def test_a_logo_stands_for_the_name_and_is_described_by_it() -> None:
    page = read(compose_digest(DIGESTS["one"], replace(BRAND, logo=LOGO)))
    assert page.h1.img["alt"] == "Paper Digest"
    assert (page.h1.img["width"], page.h1.img["height"]) == ("96", "24")
    assert "Paper Digest" not in page.h1.get_text()


def test_the_preheader_has_the_best_title_and_the_accounting() -> None:
    assert read(LETTERS["many"]).find(class_="preheader").string == (
        f"{FOUR_BITS.record.title} · 87 papers scanned · 8 for you · 2 you already had"
    )
