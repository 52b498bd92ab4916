"""What a reader can say, and what they are told when it cannot be read."""

from dataclasses import dataclass
from datetime import date

import pytest

from digest.matching import PaperText, QuerySyntaxError, Term, Text, parse_query
from digest.matching.percolator.percolator import search
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.ranking.explainer import explain
from digest.matching.ranking.term_positions import positions
from tests.digest.matching import oracle


@dataclass(frozen=True)
class Paper:
    title: str
    abstract: str = ""
    key: str = "p"


def kept(query: str, paper: PaperText) -> bool:
    return explain(parse_query(query), paper).kept


@pytest.mark.parametrize("query", ["fine-tuning", "finetuning", '"fine tuning"', "FINE-TUNING", "fine-tun*"])
@pytest.mark.parametrize(
    "title", ["Fine-tuning models", "Finetuning models", "Fine tuning models", "fine‑tuning"]
)
def test_joined_parted_and_hyphenated_words_find_each_other(query: str, title: str) -> None:
    assert kept(query, Paper(title))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("agents", "An agentic web"),
        ("3D", "3D scenes"),
        ("3D", "3-D scenes"),
        ("C4", "Training with C4"),
        ("1-bit", "1-bit Adam"),
        ("GPT-4o", "GPT4o in image generation"),
        ("GPT4o", "What GPT-4o sees"),
        ("L_2", "An L2 norm"),
        ("poincare", "Poincaré embeddings"),
        ("quantisation", "Quantization of weights"),
        ("behavior", "Human behaviour"),
        ("quant*", "Quantum computing"),
        ('"distributed train*"', "On distributed training"),
        ("retrieval or ranking", "Ranking papers"),
    ],
)
def test_a_word_is_found_in_the_forms_people_write(query: str, title: str) -> None:
    assert kept(query, Paper(title))


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("quantum", "Quantization of weights"),
        ('"distributed training"', "Training a distributed system"),
        ("3D", "2D images"),
        ("finetuning", "It is fine. Tuning is not"),
        ("title:agents", "A paper"),
        ("abstract:paper", "A paper"),
        ("bit", "bitwise"),
    ],
)
def test_other_words_are_not_found(query: str, title: str) -> None:
    assert not kept(query, Paper(title, "agents"))


def test_excluded_word_beats_included_word() -> None:
    assert not kept("agent NOT audio", Paper("Agents for audio"))
    assert not kept("agent -audio", Paper("Agents for audio"))


def test_and_binds_more_tightly_than_or() -> None:
    assert kept("speech OR agents memory", Paper("Speech"))
    assert not kept("(speech OR agents) memory", Paper("Speech"))


def test_a_field_holds_for_a_whole_group() -> None:
    assert not kept("title:(agents OR tools)", Paper("Nothing", "agents and tools"))
    assert kept("title:(agents OR tools)", Paper("Tools"))


def test_queries_that_say_the_same_are_equal() -> None:
    assert parse_query("b AND  a") == parse_query("a b") == parse_query("(a) (b a)")
    assert parse_query("a OR b OR a") == parse_query("b or a")


def test_the_reasons_are_the_words_that_held_title_first() -> None:
    paper = Paper("FP4 quantization", "We quantize to MXFP4, not to audio.")
    reasons = explain(parse_query("(quantization OR MXFP4 OR int8) NOT video"), paper).reasons
    found = [(r.field, r.text) for r in reasons]
    assert found == [("title", "quantization"), ("abstract", "quantize"), ("abstract", "MXFP4")]


def test_a_title_speaks_more_strongly_than_an_abstract() -> None:
    query = parse_query("agents")
    in_title = explain(query, Paper("Agents", "Something")).strength
    assert in_title > explain(query, Paper("Something", "agents, agents, agents")).strength > 0


@pytest.mark.parametrize(
    ("query", "position", "problem"),
    [
        ("", 0, "empty"),
        ("agents (web", 7, "never closed"),
        ("agents) web", 6, "never opened"),
        ("agents OR", 9, "missing at the end"),
        ("OR agents", 0, "both sides"),
        ('say "agents', 4, "never closed"),
        ("venue:nips", 0, "no field “venue”"),
        ("-audio", 0, "leave out"),
        ("agents OR NOT audio", 0, "leave out"),
        ("agents ()", 8, "nothing between"),
        ("***", 0, "not expected"),
        ("agents & tools", 7, "holds no word"),
        ("a org:title:b", 6, "needs a word"),
        ("org:" * 900 + "a", 4, "needs a word"),
    ],
)
def test_an_unreadable_query_says_what_is_wrong_and_where(query: str, position: int, problem: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    assert problem in str(caught.value.problem)
    assert caught.value.position == position
    assert caught.value.hint
    assert caught.value.caret().splitlines()[1] == " " * position + "^"


WIDE = "(" + " OR ".join(f"{letter}*" for letter in "abcdefghijklmno") + ")"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("a " * 3000, "too long"),
        ("(" * 30 + "a" + ")" * 30, "Too many brackets"),
        ("NOT " * 900 + "a", "Too many brackets"),
        (" ".join(f"w{n}" for n in range(201)), "Too many terms"),
        (" ".join(f"upvotes>{n}" for n in range(201)), "Too many terms"),
        (f"{WIDE} NEAR/50 {WIDE.replace('*', 'x')}", "Too many terms"),
        ('"' + "a " * 51 + '"', "phrase is too long"),
        ("abstract:(" + " ".join(f"long{n:011}" for n in range(199)) + ")", "with all its fields"),
        ("a " + "NOT (b " * 9 + "NOT c NEAR/1 d" + ")" * 9, "with all its fields"),
    ],
)
def test_a_query_has_limits(query: str, problem: str) -> None:
    with pytest.raises(QuerySyntaxError, match=problem):
        parse_query(query)


def test_a_query_as_wide_as_it_may_be_is_answered() -> None:
    query = parse_query(" ".join(f"upvotes>={n}" for n in range(200)))
    popular, known = (oracle.Paper("p", "Agents", upvotes=upvotes) for upvotes in (199, 198))
    assert search(query, index_of([known, popular])).tolist() == [1]


def test_words_near_each_other_count_as_every_pair() -> None:
    assert parse_query("(a* OR b*) NEAR/50 (c OR d OR e) upvotes>5").size == 2 * 3 + 1


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("((a^10)^10)^10", "a^10"),
        ("((a^0.1)^0.1)", "a^0.1"),
        ("(a^1.11)^1.11", "a^1.23"),
        ("a^0.3333333333", "a^0.33"),
        ("(a^2)^0.5", "a"),
        ("a^1.004", "a"),
    ],
)
def test_weights_multiply_within_what_can_be_written(query: str, printed: str) -> None:
    assert str(parse_query(query)) == printed


def test_a_clause_said_twice_counts_once_with_its_largest_weight() -> None:
    paper = Paper("Agents")
    twice, once = (
        explain(parse_query(query), paper).strength for query in ("a OR agents OR agents^2", "agents^2")
    )
    assert twice == once


def test_a_long_phrase_of_words_that_may_join_is_followed_to_its_end() -> None:
    title = " ".join(["ing"] * 50)  # “inging” has the stem of “ing”: it can be read in very many ways
    assert kept(f'"{title}"', Paper(title))
    assert not kept(f'"{title[:-3]}boat"', Paper(title))
    words = ("agents",) * 1900
    assert [*positions(Term(words), Text(" ".join(words)))] == [(0, 1900)]


def test_of_a_clause_that_stands_everywhere_only_the_first_places_are_reasons() -> None:
    paper = Paper("A survey", "agent model " * 2000)
    for query in ("agent NEAR/50 model", "agent", "a*"):
        reasons = explain(parse_query(query), paper).reasons
        assert 50 <= len(reasons) <= 51
        assert all(reason.end < 2000 for reason in reasons)


FULL = oracle.Paper(
    key="p",
    title="Agents that use tools",
    abstract="We train a small model to call several useful external tools.",
    author_names=("Ada Lovelace", "Charles Babbage"),
    organization="Analytical Engines Ltd",
    source_names=("huggingface",),
    upvotes=48,
    comments=0,
    authors=2,
    day=date(2025, 11, 5),
)


@pytest.mark.parametrize(
    "query",
    [
        "author:lovelace",
        'author:"ada lovelace"',
        "org:analytical",
        "source:huggingface",
        "upvotes>=48",
        "upvotes>40 upvotes<50",
        "comments=0",
        "authors<=2",
        "day:2025-11-05",
        "day>=2025-11-01 day<2025-12-01",
        "small NEAR/1 model",
        "tools NEAR/3 call NOT title:robots",
        "(calls OR uses) NEAR/3 tools",
        "Agents^3 tools",
    ],
)
def test_other_facts_of_a_paper_can_be_asked_for(query: str) -> None:
    assert explain(parse_query(query), FULL).kept


@pytest.mark.parametrize(
    "query",
    [
        'author:"lovelace charles"',
        "lovelace",
        "author:ada NEAR/5 author:babbage",
        "upvotes>48",
        "day>2025-11-05",
        "small NEAR/1 tools",
        "agents NEAR/5 model",
    ],
)
def test_what_the_paper_does_not_have_does_not_match(query: str) -> None:
    assert not explain(parse_query(query), FULL).kept


def test_a_number_the_source_does_not_say_satisfies_nothing() -> None:
    paper = oracle.Paper("p", "Agents")
    assert not kept("agents upvotes>=0", paper)
    assert not kept("agents upvotes<5", paper)


def test_a_weight_changes_the_order_and_not_what_is_kept() -> None:
    plain, weighted = (explain(parse_query(query), FULL) for query in ("agents tools", "agents^2 tools"))
    assert plain.kept == weighted.kept
    assert plain.reasons == weighted.reasons
    assert weighted.strength > plain.strength


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("agents robots", ("robots",)),
        ("agents NOT tools", ("NOT tools",)),
        ("(audio speech) OR (agents audio)", ("audio",)),
        ("agents upvotes>=50", ("upvotes>=50",)),
        ("audio video", ("audio", "video")),
    ],
)
def test_a_miss_names_the_fewest_clauses_that_failed(query: str, missing: tuple[str, ...]) -> None:
    assert explain(parse_query(query), FULL).missing == missing


def test_a_number_is_a_reason_too() -> None:
    (reason,) = explain(parse_query("upvotes>=40"), FULL).reasons
    assert reason.text == "48 upvotes"


@pytest.mark.parametrize(
    ("query", "position", "problem"),
    [
        ("agents NEAR tools", 7, "needs a distance"),
        ("agents NEAR/500 tools", 7, "needs a distance"),
        ("agents NEAR/5", 13, "both sides"),
        ("NEAR/5 agents", 0, "both sides"),
        ("(a b) NEAR/5 c", 6, "between words"),
        ("title:a NEAR/5 b", 8, "within one text"),
        ("a NEAR/5 b NEAR/5 c", 11, "share a word"),
        ("agents^x", 6, "weight is a number"),
        ("agents^0", 6, "weight is a number"),
        ("stars>=5", 0, "no number “stars”"),
        ("upvotes>=many", 0, "compared with a number"),
        ("day>=yesterday", 0, "not a day"),
        ("day:2025-13-01", 4, "not a day"),
    ],
)
def test_an_unreadable_number_distance_or_weight_says_so(query: str, position: int, problem: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    assert problem in str(caught.value.problem)
    assert caught.value.position == position
