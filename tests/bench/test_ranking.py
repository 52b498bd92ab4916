"""The replay measures what it says: drawn from seeds, judged as the definitions have it, votes heard."""

import random
from statistics import fmean

import pytest

from digest.lib.jsonl import PlainPaper
from digest.matching.ranking.similarity import Similarities, rarity
from tests.bench import libraries
from tests.bench.ranking import measure
from tests.bench.replay import Listed, Reader, auc, ndcg, readers, replay

WORDS = sorted(rarity())[100::7]
THEMES = ("bees", "bells", "boats", "books", "bread", "bricks", "brooms", "candles", "cloth", "maps")


def year(weeks: int = 25, each: int = 24) -> list[Listed]:
    """Papers of one topic whose words tell their theme."""
    chance = random.Random(7)
    words = {theme: WORDS[n * 30 : n * 30 + 30] for n, theme in enumerate(THEMES)}
    listed = []
    for number in range(weeks * each):
        theme = chance.choice(THEMES)
        text = " ".join(chance.choices(words[theme], k=30) + chance.choices(WORDS[300:], k=25))
        paper = PlainPaper(f"{number:05}", f"Paper {number}", text, upvotes=chance.randrange(50))
        strengths = {"agents": chance.uniform(1, 6)}
        listed.append(Listed(paper, number, number // each, frozenset({theme}), strengths, 3))
    return listed


def test_the_same_seed_replays_the_same() -> None:
    papers = year(weeks=8)
    assert measure(papers, [1], 2, held_out=False) == measure(papers, [1], 2, held_out=False)


def test_readers_of_another_seed_are_others_and_aspects_chosen_on_are_held_out() -> None:
    papers = year(weeks=8)
    some = [list(readers(papers, seed, 5, held_out=held)) for seed in (1, 2) for held in (True, False)]
    assert len({(reader.name, reader.liked) for part in some for reader in part}) == 4 * 5
    seen = [{aspect for reader in part for aspect in reader.liked | reader.disliked} for part in some]
    assert seen[0].isdisjoint(seen[1])


def test_who_votes_gets_what_they_like_on_top() -> None:
    papers = year()
    reader = Reader("one", ("agents",), frozenset({"bees", "maps"}), frozenset({"boats"}))
    similarities = Similarities({listed.number: listed.paper for listed in papers})
    late = [digest for digest in replay(papers, reader, similarities) if digest.votes >= 20]
    gained = {name: fmean(digest.ndcg[name] for digest in late) for name in late[0].ndcg}
    assert gained["score alone"] + 0.2 < gained["and votes"] < gained["best possible"]


@pytest.mark.parametrize(
    ("worth", "area", "gain"),
    [
        ([True, False], 1.0, 1.0),
        ([False, True], 0.0, 0.6309),
        ([True, False, True, False], 0.75, 0.9197),
        ([False] * 10 + [True], 0.0, 0.0),
    ],
)
def test_measures_are_what_their_definitions_say(worth: list[bool], area: float, gain: float) -> None:
    assert auc(worth) == pytest.approx(area)
    assert ndcg(worth) == pytest.approx(gain, abs=1e-4)


def test_who_starts_from_a_library_finds_what_they_like_better_than_without_one() -> None:
    papers = year(weeks=50)
    reader = Reader("one", ("agents",), frozenset({"bees", "maps"}), frozenset({"boats"}))
    similarities = Similarities({listed.number: listed.paper for listed in papers})
    found = list(libraries.starts(papers, reader, similarities))
    area = {
        order: fmean(each.auc for each in found if isinstance(each, libraries.Judged) and each.order == order)
        for order in ("no library", "library", "all papers, by upvotes", "all papers, by library")
    }
    assert area["no library"] + 0.1 < area["library"]
    assert area["all papers, by upvotes"] + 0.1 < area["all papers, by library"]


def test_a_higher_threshold_keeps_fewer_papers_and_more_of_them_are_worth_reading() -> None:
    kept = libraries.measure(year(weeks=50), [1], 4, held_out=False)[1]
    of_thirty = [one for one in kept if one.size == 30 and one.share]
    assert len(of_thirty) > 1
    shares = [one.share for one in of_thirty]
    assert shares == sorted(shares, reverse=True)
    assert of_thirty[0].precision < of_thirty[-1].precision
