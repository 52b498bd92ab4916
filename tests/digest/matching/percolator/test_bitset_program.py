"""What the parts of queries cost: how many there are."""

import pytest

from digest.matching import parse_query
from digest.matching.percolator.bitset_program import Program


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("a NOT b", ["a", "b", "a NOT b"]),
        ("a NOT (b OR c)", ["a", "b", "c", "a NOT b NOT c"]),
        ("a NOT (b OR NOT (c NOT (d OR NOT e)))", ["a", "b", "c", "d", "e", "a c e NOT b NOT d"]),
        ("(a OR NOT (b c)) d", ["a", "b", "c", "d", "a OR NOT b OR NOT c", "and d"]),
        ("a NOT (b c)", ["a", "b", "c", "b c", "a NOT …"]),
    ],
)
def test_a_not_adds_no_part_of_its_own_and_nested_ones_share_one(query: str, parts: list[str]) -> None:
    program = Program()
    program.add(parse_query(query).root)
    assert len(program) == len(parts)


def test_queries_that_say_the_same_with_other_nots_are_one_part() -> None:
    program = Program()
    said = ["a NOT (b OR NOT c)", "a c NOT b", "a NOT b NOT (NOT c)"]
    assert len({program.add(parse_query(query).root) for query in said}) == 1
