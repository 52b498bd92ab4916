"""From papers that were ticked to queries: the naive oracle, what must hold, and what readers expect."""

import math
import random
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.lib.jsonl import PlainPaper
from digest.matching import And, Query, Term, parse_query
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.proposing import proposals
from digest.matching.proposing.clauses import clauses_of
from digest.matching.proposing.engine import bits_in, proposals_for
from digest.matching.proposing.proposals import Candidate, Proposal, Ticks, propose
from digest.matching.proposing.shown import diverse
from tests.digest.matching.oracle import keeps

PAPERS = 24
FILLER = "weather soup garden violin harbour pepper lantern saddle orchard meadow anvil candle ferry".split()


def paper(number: int, title: str, abstract: str = "") -> PlainPaper:
    return PlainPaper(
        f"p{number:03}", title, abstract or f"On {FILLER[number % len(FILLER)]} and nothing else."
    )


def corpus() -> list[PlainPaper]:
    """Ten papers on speculative decoding, ten on agents (five with tools), and sixty on other things."""
    found = [paper(n, f"Speculative decoding {FILLER[n]}") for n in range(10)]
    found += [paper(10 + n, f"Agents {'with tools ' if n < 5 else ''}{FILLER[n]}") for n in range(10)]
    return found + [paper(20 + n, f"{FILLER[n % 13]} {FILLER[n % 7]} tale") for n in range(60)]


def suggested(
    papers: Sequence[PlainPaper], ticked: Sequence[int], shown: Sequence[int] = (), topics: Sequence[str] = ()
) -> list[Proposal]:
    index = index_of(papers)
    mask = sum(1 << n for n in ticked)
    over = sum(1 << n for n in shown if n not in ticked)
    chosen = random.Random(str(ticked)).sample(ticked, len(ticked))
    return proposals_for(
        [papers[n] for n in chosen],
        [parse_query(topic) for topic in topics],
        Ticks(mask, over, len(papers)),
        lambda queries: bits_in(index, queries),
    )


def test_what_the_ticked_papers_share_is_proposed_first() -> None:
    found = suggested(corpus(), [1, 3], shown=[1, 3, 10, 12, 20, 30])
    assert str(found[0]) in {"speculative", '"speculative decoding"', "decoding"}
    assert (found[0].caught, found[0].kept) == (0b1010, 10)


def test_of_two_queries_that_catch_as_much_the_narrower_goes_before() -> None:
    found = [str(one) for one in suggested(corpus(), [10, 11], shown=[10, 11])]
    assert found[0] == "tools"


def test_a_paper_shown_and_not_ticked_speaks_against_what_keeps_it() -> None:
    alike = [paper(n, "Diffusion policies" if n < 6 else "Diffusion painting") for n in range(12)]
    papers = [*alike, *(paper(n, f"{FILLER[n % 13]} tale") for n in range(12, 80))]
    without = [str(one) for one in suggested(papers, [0, 1], shown=[0, 1])]
    against = [str(one) for one in suggested(papers, [0, 1], shown=[0, 1, 6, 7, 8, 9])]
    assert "policies" in against[0]
    assert "diffusion" not in against or without.index("diffusion") <= against.index("diffusion")


def test_a_topic_goes_before_words_that_keep_the_same() -> None:
    found = suggested(corpus(), [1, 3], topics=["speculative OR decoding"])
    assert str(found[0]) == "decoding OR speculative"


def test_two_interests_are_both_seen_among_the_first_two() -> None:
    found = suggested(corpus(), [0, 1, 2, 10, 11], shown=[0, 1, 2, 10, 11, 30, 41, 52])
    assert found[0].caught | found[1].caught == 0b110000000111


def test_two_clauses_are_proposed_where_each_alone_keeps_too_much() -> None:
    """Robots are many, and so are videos; what was ticked are videos of robots."""
    both = [paper(n, f"Robots in videos {FILLER[n]}") for n in range(5)]
    wide = [paper(5 + n, f"{'Robots' if n % 2 else 'Videos'} {FILLER[n % 13]}") for n in range(40)]
    papers = [*both, *wide, *(paper(45 + n, f"{FILLER[n % 13]} tale") for n in range(80))]
    shown = [0, 1, 2, *range(5, 21)]
    assert str(suggested(papers, [0, 1, 2], shown)[0]) in {"robots videos", '"robots in videos"'}


def test_words_that_say_nothing_of_a_subject_are_never_proposed() -> None:
    titles = ["We propose a novel method", "Extensive experiments show that this approach outperforms"]
    assert (
        clauses_of([paper(n, title, "In this paper we present results.") for n, title in enumerate(titles)])
        == []
    )


def test_a_phrase_never_leaves_its_sentence_nor_ends_with_and() -> None:
    found = {str(one.query) for one in clauses_of([paper(0, "Sparse attention. Routers and experts", "We.")])}
    assert found == {
        "sparse", "attention", '"sparse attention"', "routers", "experts", '"routers and experts"'
    }  # fmt: skip


def test_nothing_ticked_or_nothing_that_others_share_proposes_nothing() -> None:
    assert suggested(corpus(), []) == []
    lone = [*corpus(), paper(99, "Zymurgy", "Zymurgy.")]
    assert suggested(lone, [len(lone) - 1]) == []


# --- The oracle ------------------------------------------------------------------------------------

MASKS = st.integers(0, 2**PAPERS - 1)
CLAUSES = st.dictionaries(
    st.sampled_from(FILLER), st.tuples(MASKS, st.sampled_from([1.0, 4.5, 6.0])), max_size=7
).map(lambda found: [Candidate(Query(Term((word,))), *rest) for word, rest in found.items()])
TICKS = st.tuples(MASKS, MASKS).map(lambda both: Ticks(both[0], both[1] & ~both[0], PAPERS))


def naive(clauses: Sequence[Candidate], ticks: Ticks) -> list[str]:
    """The same by sets of numbers and the formulas as they are written down, without any short cut."""

    def papers(mask: int) -> set[int]:
        return {n for n in range(PAPERS) if mask >> n & 1}

    ticked, over = papers(ticks.ticked), papers(ticks.passed_over)

    def fits(kept: set[int]) -> bool:
        return bool(kept & ticked) and 1 <= len(kept - ticked) <= 0.3 * PAPERS

    usable = {one.text: (papers(one.kept), one.cost) for one in clauses if fits(papers(one.kept))}
    pool = dict(usable)
    for (a, (kept, cost)), (b, (other, price)) in combinations(usable.items(), 2):
        common = kept & other
        if fits(common) and common not in (kept, other):
            pool[" ".join(sorted((a, b)))] = (common, cost + price)
    worth = dict.fromkeys(ticked, 1.0)
    chosen: list[str] = []
    while len(chosen) < 5:
        scores = {}
        for text, (kept, cost) in pool.items():
            if all(len(kept & pool[c][0]) <= 0.5 * len(kept | pool[c][0]) for c in chosen):
                gain = math.log(1 + 9 * PAPERS / (len(kept) + 4))
                score = gain * sum(worth[n] for n in sorted(kept & ticked)) + len(kept & over) * math.log(0.3)
                scores[text] = round(score - cost, 9)
        if not scores:
            break
        chosen.append(min(scores, key=lambda text: (-scores[text], len(text), text)))
        for n in pool[chosen[-1]][0] & ticked:
            worth[n] /= 2
    return chosen


@given(CLAUSES, TICKS)
def test_proposals_are_those_of_the_naive_reckoning(clauses: list[Candidate], ticks: Ticks) -> None:
    assert [str(one) for one in propose(clauses, ticks)] == naive(clauses, ticks)


@given(CLAUSES, TICKS, st.randoms(use_true_random=False))
def test_the_order_of_what_goes_in_changes_nothing(
    clauses: list[Candidate], ticks: Ticks, chance: random.Random
) -> None:
    assert propose(chance.sample(clauses, len(clauses)), ticks) == propose(clauses, ticks)


@given(CLAUSES, TICKS)
def test_each_proposal_catches_a_ticked_paper_brings_another_and_differs_from_the_others(
    clauses: list[Candidate], ticks: Ticks
) -> None:
    found = propose(clauses, ticks)
    assert len(found) <= proposals.MOST
    assert len({str(one) for one in found}) == len(found)
    for one in found:
        assert one.caught
        assert one.kept > one.caught.bit_count()
        assert parse_query(str(one)) == one.query


@pytest.mark.parametrize("ticked", [[0, 4], [10, 12, 15], [2, 11, 40]])
def test_what_a_proposal_says_it_keeps_is_what_matching_keeps(ticked: list[int]) -> None:
    papers = corpus()
    for one in suggested(papers, ticked, shown=range(20)):
        kept = [n for n, each in enumerate(papers) if keeps(one.query.root, each)]  # type: ignore[arg-type]  # has all it asks
        assert one.kept == len(kept)
        assert [n for n in ticked if one.caught >> n & 1] == [n for n in ticked if n in kept]
        assert isinstance(one.query.root, And | Term)


def test_papers_to_tick_come_from_each_topic_in_turn_and_none_is_much_like_another() -> None:
    long = "Grasping deformable objects with two arms needs tactile feedback and careful " + " ".join(FILLER)
    texts = {n: paper(n, f"Title of {n}", f"{n} {FILLER[n]}") for n in range(6)}
    words = " ".join(f"quantization agents robots video speech retrieval reasoning {w}" for w in FILLER)
    texts |= {n: paper(n, "Grasping deformable cloth", f"{long} {words} policy learning") for n in (7, 8)}
    assert diverse([[0, 1, 2], [3, 0, 4], []], texts, 4) == [0, 3, 1, 4]
    assert diverse([[0], [0]], texts, 9) == [0]
    assert diverse([], texts, 9) == []
