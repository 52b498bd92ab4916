"""The bench compares like with like: everyone finds the same pairs, in queries that are what they say."""

import pytest

from digest.lib.jsonl import PlainPaper
from digest.matching import Query, parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.tokenizer import stem
from tests.bench.matching.papers import invented
from tests.bench.matching.peers import BruteForce, RarestTerm
from tests.bench.matching.postgres import TsqueryJoin
from tests.bench.matching.queries import Vocabulary, adversarial_sets, distinct_queries
from tests.bench.memory import peak_megabytes


@pytest.fixture(scope="module")
def day() -> list[PlainPaper]:
    compounds = PlainPaper(
        "compounds", "A data set of fine-tuning", "Finetuning a dataset, skies and sky-scrapers."
    )
    return [*invented(120), compounds]


@pytest.fixture(scope="module")
def vocabulary(day: list[PlainPaper]) -> Vocabulary:
    return Vocabulary.of(day)


@pytest.fixture(scope="module")
def queries(vocabulary: Vocabulary) -> list[Query]:
    return [parse_query(text) for text in distinct_queries(vocabulary, 3000)]


@pytest.fixture(scope="module")
def ours(day: list[PlainPaper], queries: list[Query]) -> set[tuple[int, int]]:
    percolator = Percolator.of(dict(enumerate(queries)))
    places = {paper.key: place for place, paper in enumerate(day)}
    return {(number, places[m.paper.key]) for number, found in percolator.match(day).items() for m in found}


def test_no_two_queries_are_equal(queries: list[Query]) -> None:
    assert len(set(queries)) == len(queries) == 3000


def test_queries_use_every_part_of_the_language_that_is_compared(queries: list[Query]) -> None:
    texts = [str(query) for query in queries]
    for part in (" OR ", "NOT ", '"', "*", "title:"):
        assert sum(part in text for text in texts) > 50, part


def test_queries_keep_some_papers_but_not_most(ours: set[tuple[int, int]], day: list[PlainPaper]) -> None:
    assert 0.005 < len(ours) / (3000 * len(day)) < 0.2


def test_rarest_term_and_brute_force_find_what_we_find(
    day: list[PlainPaper], vocabulary: Vocabulary, queries: list[Query], ours: set[tuple[int, int]]
) -> None:
    frequency = {stem(word): count for word, count in vocabulary.words.items()}
    assert set(RarestTerm(queries, frequency).pairs(day)) == ours
    assert set(BruteForce(queries).pairs(day)) == ours


@pytest.mark.services
def test_postgres_finds_what_we_find_with_and_without_its_index(
    day: list[PlainPaper], queries: list[Query], ours: set[tuple[int, int]], postgres_url: str
) -> None:
    join = TsqueryJoin(postgres_url, day, queries)
    assert join.uses_index()
    assert set(join.pairs()) == set(join.pairs(by_index=True)) == ours
    assert join.count() == join.count(by_index=True) == len(ours)
    join.close()


def test_hard_sets_are_distinct_and_can_be_read(vocabulary: Vocabulary) -> None:
    for name, texts in adversarial_sets(vocabulary, 200).items():
        assert len({parse_query(text) for text in texts}) == len(texts) == 200, name


def test_peak_memory_grows_with_what_is_used() -> None:
    before = peak_megabytes()
    block = bytearray(b"x") * (64 * 2**20 + int(before) * 2**20)
    assert peak_megabytes() >= len(block) / 2**20
