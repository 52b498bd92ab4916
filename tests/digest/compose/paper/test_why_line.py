"""The line that says why."""

from digest.compose.content import Fact, Mark
from digest.compose.paper.highlight import pieces, runs
from digest.compose.paper.samples import FOUR_BITS, item, paper
from digest.compose.paper.why_line import why
from digest.lib.locales import language_for

ENGLISH = language_for("en")


def reason(title: str, abstract: str, *words: str) -> str:
    kept = item(paper(1, title, abstract), *words)
    return why(ENGLISH, kept.record, kept.marks)


def test_title_comes_before_abstract() -> None:
    assert (
        why(ENGLISH, FOUR_BITS.record, FOUR_BITS.marks)
        == "title has “FP4 Quantization”; abstract has “MXFP4”"
    )


def test_neighbouring_words_are_one_run() -> None:
    assert reason("Post-training quantization", "", "post", "training", "quantization") == (
        "title has “Post-training quantization”"
    )


def test_each_spelling_is_told_once_whatever_its_case() -> None:
    assert reason("Agents", "AGENTS and agents, agentic", "agents", "agentic") == (
        "title has “Agents”; abstract has “agentic”"
    )


def test_four_spellings_are_enough() -> None:
    assert reason("one, two, three", "four; five; six", "one", "two", "three", "four", "five", "six") == (
        "title has “one”, “two”, “three”; abstract has “four”"
    )


def test_german_quotes_as_german_does() -> None:
    told = why(language_for("de"), FOUR_BITS.record, FOUR_BITS.marks)
    assert told == "im Titel „FP4 Quantization“; im Abstract „MXFP4“"


def test_what_fields_and_numbers_found_is_said_in_words() -> None:
    facts = [Fact("author", "Ada Lovelace"), Fact("org", "ISTA"), Fact("upvotes"), Fact("day")]
    said = "author Ada Lovelace; organisation ISTA; 48 upvotes; of 5 Nov"
    assert why(ENGLISH, FOUR_BITS.record, (), facts) == said
    assert why(language_for("de"), FOUR_BITS.record, (), facts[2:]) == "48 Stimmen; vom 5. Nov."


def test_without_marks_there_is_nothing_to_say() -> None:
    assert why(ENGLISH, FOUR_BITS.record, ()) == ""


def test_a_mark_beyond_the_text_is_clipped() -> None:
    assert (
        runs("abc", "title", [Mark("title", 1, 99), Mark("title", 50, 60), Mark("title", -4, 1)])[0].end == 3
    )


def test_overlapping_marks_are_one_highlight() -> None:
    text = "agentic training"
    marked = runs(text, "title", [Mark("title", 0, 7), Mark("title", 0, 16), Mark("title", 3, 5)])
    assert [(piece.text, piece.marked) for piece in pieces(text, marked)] == [(text, True)]
