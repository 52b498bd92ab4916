"""Withdrawals that only a comment tells."""

import time

import pytest

from digest.sources.arxiv.withdrawal import abstract_with


@pytest.mark.parametrize(
    ("comment", "abstract", "shown"),
    [
        ("", "We fold.", "We fold."),
        ("7 pages; withdrawn from a workshop", "We fold.", "We fold."),
        ("Withdrawn by the author.", "We fold.", "Withdrawn by the author. We fold."),
        ("withdrawn", "We fold.", "This paper has been withdrawn. We fold."),
        ("withdrawn", "This paper has been withdrawn.", "This paper has been withdrawn."),
        ("This paper has been withdrawn", "", "This paper has been withdrawn. "),
    ],
)
def test_a_withdrawal_stands_before_the_abstract_once(comment: str, abstract: str, shown: str) -> None:
    assert abstract_with(comment, abstract) == shown


def test_a_comment_of_nothing_but_signs_is_read_at_once() -> None:
    before = time.perf_counter()
    abstract_with(". " * 1_000_000, "! " * 1_000_000)
    assert time.perf_counter() - before < 2
