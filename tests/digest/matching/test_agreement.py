"""Index, percolator and reasons agree with the oracle on whatever queries and papers there are."""

import pickle
import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digest.matching import (
    And,
    Compare,
    Field,
    Like,
    Near,
    Not,
    Number,
    Or,
    Query,
    QuerySyntaxError,
    Term,
    Weight,
    parse_query,
)
from digest.matching.ast import Node
from digest.matching.index.stored_index import StoredIndexes
from digest.matching.index.storing import Stored, merged, opened, stored
from digest.matching.percolator.percolator import Percolator, search
from digest.matching.percolator.stored_search import StoredSearch
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.query.liked import liked_in
from digest.matching.ranking.explainer import explain
from digest.matching.ranking.similarity import rarity, vector
from digest.matching.tokenizer import words
from tests.digest.matching.oracle import Paper, keeps, left_out

DAYS_TRIED = [*range(3), *(pytest.param(seed, marks=pytest.mark.faults) for seed in range(3, 100))]

VOCABULARY = (
    "fine tuning finetuning tune agent agents agentic 3 d 3d gpt 4o "
    "quantize quantise quantization colour colors é E llama llama3 llamaV2 v2 axes axis FT (FT)"
).split()
FOLDED_VOCABULARY = [word.lower() for word in VOCABULARY if words(word) == (word.lower(),)]
WORDS = st.sampled_from(VOCABULARY)
GAPS = st.sampled_from([" ", " ", "-", ", ", ". "])
TEXT = st.lists(st.tuples(WORDS, GAPS), max_size=9).map(lambda pairs: "".join(a + b for a, b in pairs))
COUNT = st.none() | st.integers(0, 3)
DAYS = st.dates(date(2025, 11, 1), date(2025, 11, 4))
PAPERS = st.builds(
    Paper,
    st.uuids().map(str),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.none() | TEXT,
    st.lists(st.sampled_from(["agents", "3d"]), max_size=2).map(tuple),
    COUNT,
    COUNT,
    COUNT,
    st.none() | DAYS,
)
FOLDED = st.lists(st.sampled_from(FOLDED_VOCABULARY), min_size=1, max_size=3).map(tuple)
TERMS = st.builds(Term, FOLDED, st.booleans(), st.none() | st.sampled_from(Field))


@st.composite
def nears(draw: st.DrawFn) -> Near:
    field = draw(st.none() | st.sampled_from(Field))
    side = st.lists(
        st.builds(Term, FOLDED, st.booleans(), st.just(field)), min_size=1, max_size=2, unique=True
    )
    sides = [tuple(sorted(draw(side), key=str)) for _ in range(2)]
    left, right = sorted(sides, key=lambda terms: [str(term) for term in terms])
    return Near(left, right, draw(st.integers(1, 4)))


OPERATORS = st.sampled_from([">=", "<=", ">", "<", "="])
COMPARES = st.builds(
    Compare, st.sampled_from([n for n in Number if n != Number.DAY]), OPERATORS, st.integers(0, 3)
) | st.builds(Compare, st.just(Number.DAY), OPERATORS, DAYS)
NODES: st.SearchStrategy[Node] = st.recursive(
    TERMS | TERMS | nears() | COMPARES,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And)
        | st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or)
        | inner.map(left_out).map(Not)
        | st.builds(Weight, inner, st.floats(0.1, 10))
    ),
    max_leaves=6,
)


def agree(nodes: list[Node], papers: list[Paper]) -> None:
    """Every path keeps for each node the papers that the oracle keeps."""
    index = index_of(papers)
    half = len(papers) // 2
    halves = readable(stored(index_of(papers[:half])), stored(index_of(papers[half:])))
    whole = readable(
        merged(
            [
                (one, halves.read_of(number), np.ones(one.count, np.bool_))
                for number, one in enumerate(halves.parts)
            ]
        )
    )
    percolator = Percolator.of({number: Query(node) for number, node in enumerate(nodes)})
    matches = percolator.match(papers)
    for number, node in enumerate(nodes):
        expected = [paper for paper in papers if keeps(node, paper)]
        assert [papers[n] for n in search(Query(node), index)] == expected
        for indexes in (halves, whole):
            assert [papers[n] for n in np.flatnonzero(kept_of(node, indexes))] == expected
        assert [match.paper for match in matches.get(number, [])] == expected
        assert [paper for paper in papers if explain(Query(node), paper).kept] == expected


def readable(*written: Stored) -> StoredIndexes:
    """Stored indexes as one."""
    parts = [opened(one.head) for one in written]
    return StoredIndexes(parts, lambda blocks: [written[part].blocks[number] for part, number in blocks])


def kept_of(node: Node, indexes: StoredIndexes) -> NDArray[np.bool_]:
    """Which papers of stored indexes a search for `node` keeps."""
    return StoredSearch([node]).papers(indexes)[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=3), st.lists(PAPERS, min_size=1, max_size=4))
def test_every_path_agrees_with_the_oracle(nodes: list[Node], papers: list[Paper]) -> None:
    agree(nodes, papers)


@pytest.mark.parametrize("order", [1, -1])
def test_a_version_that_is_left_out_and_one_that_is_wanted_are_told_apart(order: int) -> None:
    papers = [
        Paper(str(n), title, "", (), None, (), None, None, None, None)
        for n, title in enumerate(("agents with llama", "agents with llama3", "agents"))
    ]
    agree([parse_query(text).root for text in ("agents -llama3", "llama3")][::order], papers)


@pytest.mark.parametrize("seed", DAYS_TRIED)
def test_every_path_agrees_with_the_oracle_on_a_whole_day(seed: int) -> None:
    """50 queries on 200 papers: 10,000 pairs, and a million in `make faults`."""
    chance = random.Random(seed)
    papers = [random_paper(chance, number) for number in range(200)]
    agree([random_node(chance, 3) for _ in range(50)], papers)


@pytest.mark.parametrize("seed", DAYS_TRIED)
def test_of_what_ranks_papers_a_search_of_stored_ones_knows_as_much_as_of_those_it_keeps(seed: int) -> None:
    chance = random.Random(seed)
    papers = [random_paper(chance, number) for number in range(200)]
    indexes = readable(stored(index_of(papers[:90])), stored(index_of(papers[90:])))
    for _ in range(50):
        node, rank = random_node(chance, 2), random_node(chance, 2)
        kept, ranked = StoredSearch([node], [rank]).papers(indexes)
        for paper, is_kept, is_ranked in zip(papers, kept, ranked, strict=True):
            assert is_kept == keeps(node, paper)
            assert not is_kept or is_ranked == keeps(rank, paper)
    few = np.arange(len(papers)) % 3 == 0
    nodes = [random_node(chance, 3) for _ in range(20)]
    for node, kept in zip(nodes, StoredSearch(nodes).papers(indexes, few), strict=True):
        assert [papers[n] for n in np.flatnonzero(kept & few)] == [p for p in papers[::3] if keeps(node, p)]


@pytest.mark.parametrize("seed", DAYS_TRIED)
def test_every_path_agrees_with_the_oracle_on_what_is_like_a_paper(seed: int) -> None:
    """20 papers liked by 40 queries on 200: texts of 5 to 60 words, so that some are too short to compare."""
    chance = random.Random(seed)
    papers = [wordy_paper(chance, number) for number in range(200)]
    liked = [Like(f"arxiv:2311.{number:05}", vector(wordy_paper(chance, number))) for number in range(20)]
    unknown = Like("arxiv:2311.99999")
    nodes: list[Node] = [*liked, unknown]
    nodes += [And((chance.choice(liked), random_node(chance, 1))) for _ in range(10)]
    nodes += [Or((chance.choice(liked), unknown, random_node(chance, 1))) for _ in range(5)]
    nodes += [And((chance.choice(liked), Not(chance.choice(liked)))) for _ in range(5)]
    kept = sum(keeps(node, paper) for node in liked for paper in papers)
    assert 0 < kept < len(liked) * len(papers) / 2
    agree(nodes, papers)


def wordy_paper(chance: random.Random, number: int) -> Paper:
    """A paper about one of three matters, in words that are known."""
    matter = chance.randrange(3)
    pool = sorted(rarity())[matter::8][:80]
    words = [chance.choice(pool) for _ in range(chance.randint(5, 60))]
    return Paper(str(number), " ".join(words[:4]), " ".join([*words[4:], *random_text(chance).split()]))


def random_node(chance: random.Random, depth: int) -> Node:
    """A query tree: drawn node by node, hypothesis would be too slow for whole days."""
    kind = chance.random() if depth else 1.0
    if kind < 0.5:
        parts = tuple(random_node(chance, depth - 1) for _ in range(chance.randint(2, 3)))
        return And(parts) if kind < 0.25 else Or(parts)
    if kind < 0.65:
        return Not(left_out(random_node(chance, depth - 1)))
    if kind < 0.7:
        return Weight(random_node(chance, depth - 1), 2.0)
    if kind < 0.75:
        day = chance.random() < 0.3
        value = date(2025, 11, chance.randint(1, 4)) if day else chance.randint(0, 3)
        number = Number.DAY if day else chance.choice([Number.UPVOTES, Number.COMMENTS, Number.AUTHORS])
        return Compare(number, chance.choice([">=", "<=", ">", "<", "="]), value)
    field = chance.choice([None, None, None, *Field])
    if kind < 0.8:
        left, right = ([random_term(chance, field) for _ in range(chance.randint(1, 2))] for _ in range(2))
        return Near(tuple(left), tuple(right), chance.randint(1, 4))
    return random_term(chance, field)


def random_term(chance: random.Random, field: Field | None) -> Term:
    words = (chance.choice(FOLDED_VOCABULARY) for _ in range(chance.choice([1, 1, 2, 3])))
    return Term(tuple(words), chance.random() < 0.2, field)


def random_text(chance: random.Random) -> str:
    gaps = [" ", " ", "-", ", ", ". "]
    return "".join(chance.choice(VOCABULARY) + chance.choice(gaps) for _ in range(chance.randint(0, 9)))


def random_paper(chance: random.Random, number: int) -> Paper:
    def count() -> int | None:
        return chance.choice([None, 0, 1, 2, 3])

    return Paper(
        key=str(number),
        title=random_text(chance),
        abstract=random_text(chance),
        author_names=tuple(random_text(chance) for _ in range(chance.randint(0, 3))),
        organization=chance.choice([None, random_text(chance)]),
        source_names=("agents", "3d")[: chance.randint(0, 2)],
        upvotes=count(),
        comments=count(),
        authors=count(),
        day=chance.choice([None, date(2025, 11, chance.randint(1, 4))]),
    )


def read(node: Node) -> Query | None:
    """The node printed and read back, or None if it only says what to leave out."""
    try:
        return parse_query(str(node))
    except QuerySyntaxError as error:
        assert "only says what to leave out" in str(error.problem), error
        return None


@given(NODES)
def test_a_printed_query_reads_back_as_itself(node: Node) -> None:
    if query := read(node):
        assert parse_query(str(query)) == query


@given(NODES, st.lists(PAPERS, min_size=1, max_size=8))
def test_reading_a_printed_query_back_keeps_the_same_papers(node: Node, papers: list[Paper]) -> None:
    if query := read(node):
        assert [keeps(query.root, p) for p in papers] == [keeps(node, p) for p in papers]


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("like:2311.12345v2", "like:2311.12345"),
        ("LIKE: arxiv:2311.12345", "like:2311.12345"),
        ("like:https://arxiv.org/abs/2311.12345v3", "like:2311.12345"),
        ("like:https://huggingface.co/papers/2311.12345", "like:2311.12345"),
        ("like:10.48550/arXiv.2311.12345", "like:2311.12345"),
        ("like:math.GT/0309136", "like:math/0309136"),
        ("like:https://doi.org/10.1000/ABC", "like:10.1000/abc"),
        ("like:10.1000/2311.12345", "like:10.1000/2311.12345"),
        ('like:"10.1002/(SICI)1097"', 'like:"10.1002/(sici)1097"'),
        ("like:title:0123456789abcdef01234567", "like:title:0123456789abcdef01234567"),
        (
            "(like:2311.12345 OR agents)^2 -like:2311.12346",
            "(agents OR like:2311.12345)^2 NOT like:2311.12346",
        ),
    ],
)
def test_a_liked_paper_is_named_in_many_ways_and_printed_in_one(written: str, printed: str) -> None:
    query = parse_query(written)
    assert str(query) == printed
    assert parse_query(printed) == query


@pytest.mark.parametrize(
    "text", ["like:", "like:agents", 'like:""', "like:10.1", "like:()", "title:like:2311.12345"]
)
def test_what_names_no_paper_to_be_like_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(QuerySyntaxError) as error:
        parse_query(f"agents {text}")
    assert error.value.position >= 7


def test_a_query_tells_where_it_names_a_paper() -> None:
    text = 'agents like:2311.12345v2  OR (like:"10.1002/(sici)1097" -like)'
    found = [(key, text[start:end]) for key, start, end in liked_in(text)]
    assert found == [
        ("arxiv:2311.12345", "like:2311.12345v2"),
        ("doi:10.1002/(sici)1097", 'like:"10.1002/(sici)1097"'),
    ]


def test_without_a_vector_nothing_is_like_a_paper() -> None:
    paper = wordy_paper(random.Random(1), 1)
    assert not explain(parse_query("like:2311.12345"), paper).kept
    assert not Percolator.of({"": parse_query("like:2311.12345")}).match([paper])


@st.composite
def repeated(draw: st.DrawFn) -> str:
    """Texts about as deep, long or wide as may be, and beyond."""
    wraps = st.sampled_from(
        [
            ("b NOT (", ")"),
            ("d -(", ")"),
            ("title:(", ")"),
            ("(b OR ", ")"),
            ("(b ", ")^3.337"),
            ("(", ")^3.337"),
            ("(", ")^0.3"),
        ]
    )
    text = draw(
        st.sampled_from(["a", "a^7.7", "a NEAR/3 b", "(a OR b) NEAR/5 c", '"a b"*', "day:2025-11-05"])
    )
    for before, after in draw(st.lists(wraps, max_size=14)):
        text = before + text + after
    if draw(st.integers(0, 3)):
        return text
    return (
        draw(st.sampled_from(["d ", "org:", "d OR ", "-", "NOT ", "("])) * draw(st.integers(0, 1100)) + text
    )


@settings(max_examples=300, deadline=None)
@given(repeated())
def test_what_is_about_as_deep_or_long_as_may_be_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@given(st.text(max_size=60) | st.text(alphabet='ab "()-:*^/<>=OR NEAR5', max_size=40))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    read_or_refused(text)


def read_or_refused(text: str) -> None:
    try:
        query = parse_query(text)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(text)
        assert str(error.problem)
        assert str(error.hint)
    else:
        assert parse_query(str(query)) == query


@given(NODES, PAPERS)
def test_reasons_are_words_of_the_paper_and_a_miss_names_what_is_missing(node: Node, paper: Paper) -> None:
    explanation = explain(Query(node), paper)
    assert explanation.kept == (explanation.missing == ())
    for reason in explanation.reasons:
        if reason.end:
            assert getattr(paper, reason.field)[reason.start : reason.end] == reason.text
            assert reason.text == reason.text.strip(" -,.")
        assert reason.text


def test_a_removed_query_no_longer_matches_and_a_replaced_one_changes() -> None:
    paper = Paper("p", "agents")
    percolator: Percolator[str] = Percolator()
    for key in ("kept", "removed", "replaced"):
        percolator.add(key, parse_query("agents"))
    percolator.remove("removed")
    percolator.add("replaced", parse_query("robots"))
    assert set(percolator.match([paper])) == {"kept"}


def test_a_percolator_that_was_stored_and_read_back_goes_on_as_before() -> None:
    chance = random.Random(7)
    papers = [random_paper(chance, number) for number in range(40)]
    queries = {number: Query(random_node(chance, 3)) for number in range(60)}
    percolator = Percolator.of(queries)
    again: Percolator[int] = pickle.loads(pickle.dumps(percolator))
    for one in (percolator, again):
        one.remove(3)
        one.add(60, Query(random_node(random.Random(8), 3)))
    assert dict(again.match(papers)) == dict(percolator.match(papers))
