"""What a digest holds beside its papers' texts: votes, captions, near misses, the brand, the web view."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from digest.compose import WelcomeContent, compose_digest, compose_page, compose_welcome
from digest.compose.content import Section
from digest.compose.paper.samples import FOUR_BITS, LAB_BENCH, item, paper
from digest.compose.samples import BRAND, DIGESTS, LOGO, READER, WEEK
from digest.lib.records import paper_url, title_key
from tests.digest.compose.letters import LETTERS, read, words

FIRST = datetime(2025, 11, 6, 7, 0, tzinfo=UTC)


def test_every_paper_can_be_judged_and_saved_with_one_press_and_its_topic_muted() -> None:
    page = read(LETTERS["many"])
    links = [link["href"] for link in page.select("td.votes a, p.mute a")[:7]]
    vote = READER.vote_url
    judged = [f"{vote}{number}/{verdict}/" for number in (101, 102) for verdict in ("more", "less", "save")]
    assert links == [*judged, f"{vote}mute/quantization/"]
    assert page.select("td.votes a")[0]["aria-label"].startswith("More like this: Bridging the Gap")
    text = LETTERS["many"].text_for(READER)
    assert all(link in text for link in links)
    muting = [
        "Mute topic: Quantization",
        "Mute topic: Agents",
        "Mute topic: 3D",
        'Mute query: kv* NOT title:"cold cache"',
    ]
    assert [link.get_text() for link in page.select("p.mute a")] == muting
    assert all(f"{said}\n{vote}mute/" in text for said in muting)
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
    assert "Also today 3 beyond your 5 Quantization Beyond the Cap, Part 1" in words(LETTERS["many"])
    assert "Also this week 3 beyond your 3" in words(LETTERS["weekly"])
    assert "Also this month 3 beyond your" in words(LETTERS["monthly"])
    assert "ALSO THIS MONTH (3 beyond your" in LETTERS["monthly"].text_for(READER)
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


def test_the_preheader_says_what_the_subject_does_not() -> None:
    assert LETTERS["many"].subject.startswith(FOUR_BITS.record.title[:40])
    shown = read(LETTERS["many"]).find(class_="preheader").string
    assert shown.startswith("8 papers on quantization, agents, 3D and your query · 87 papers scanned")


def test_also_today_is_grouped_by_topic_and_leads_to_the_same_places_in_both_parts() -> None:
    page, text = read(LETTERS["many"]), LETTERS["many"].text_for(READER)
    also = next(found for found in page.find_all("h2") if "Also today" in found.get_text())
    names = [
        name.get_text(strip=True).removeprefix("●") for name in also.find_next_siblings("p", class_="group")
    ]
    assert names == ["Quantization", "Agents"]
    lists = also.find_next_siblings("ul")
    assert [len(each.find_all("li")) for each in lists] == [2, 1]
    for link in page.select("ul.lines a"):
        assert f"{link.get_text()}\n{link['href']}\n" in text
    assert "\n\nAgents:\n\nBeyond the Cap, Part 3" in text


def test_where_there_is_one_topic_its_name_is_not_told_again() -> None:
    content = replace(DIGESTS["one"], more=(replace(DIGESTS["one"].sections[0], items=(FOUR_BITS,)),))
    page = read(compose_digest(content, BRAND))
    assert page.select("li.line")
    assert not page.select("p.group")


def test_titles_in_full_and_as_lines_have_the_colour_of_links() -> None:
    page = read(LETTERS["many"])
    colours = {link["style"].split(";")[0] for link in page.select("h3 a, li.line a, p.near a, td.acts a")}
    assert colours == {f"color:{BRAND.accent}"}


def test_a_withdrawn_paper_is_marked_wherever_it_stands() -> None:
    gone = replace(LAB_BENCH, record=replace(LAB_BENCH.record, abstract="This paper has been withdrawn."))
    section = replace(DIGESTS["one"].sections[0], items=(gone,))
    full = compose_digest(replace(DIGESTS["one"], sections=(section,)), BRAND)
    line = compose_digest(replace(DIGESTS["one"], more=(section,)), BRAND)
    german = compose_digest(replace(DIGESTS["one"], sections=(section,), language="de"), BRAND)
    assert "Withdrawn · arXiv, 5 Nov" in words(full)
    assert "Withdrawn · arXiv, 5 Nov" in full.text_for(READER)
    assert "LabBench: Do Agents Read the Manual? (Withdrawn)" in words(line)
    assert "LabBench: Do Agents Read the Manual? (Withdrawn)\n" in line.text_for(READER)
    assert "Zurückgezogen · arXiv" in words(german)
    assert "Withdrawn" not in words(LETTERS["many"])


def test_words_are_marked_once_and_not_again_under_why() -> None:
    page = read(LETTERS["many"])
    assert page.select("h3 .hit")
    assert page.select("p.text .hit")
    assert not page.select("p.why .hit")


def test_a_link_to_read_says_where_it_leads() -> None:
    def label(url: str) -> str:
        shown = item(paper(1, "Title", url=url))
        content = replace(DIGESTS["one"], sections=(Section("A", "#000000", (shown,)),))
        return str(read(compose_digest(content, BRAND)).select("td.acts a")[0].get_text())

    assert label("https://huggingface.co/papers/2511.00001") == "Read on Hugging Face"
    assert label("https://arxiv.org/abs/2511.00001") == "Read on arXiv"
    assert label("https://www.journal.example.org/1") == "Read on journal.example.org"
    assert label(paper_url(title_key("Title"), "Title")) == "Find on Hugging Face"


def test_what_a_link_is_called_begins_with_what_it_shows() -> None:
    """WCAG 2.5.3: who speaks to a program says the words that stand there."""
    for name in ("many", "german", "weekly", "hostile"):
        for link in read(LETTERS[name]).select("a[aria-label]"):
            assert link["aria-label"].startswith(" ".join(link.get_text().split())), link
