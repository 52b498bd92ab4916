"""Tokens are remembered by their text; what they say is what they say where they stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching import parse_query
from digest.matching.query.lexer import known_tokens, tokens

TEXTS = st.text(max_size=60) | st.text(alphabet='ab "()-:*^/<>=OR NEAR5', max_size=40)
PIECES = st.sampled_from(
    [
        "a",
        '"a b"',
        "a*",
        "-",
        "NEAR",
        "NEAR/5",
        "near",
        "not",
        "AND",
        "title:",
        "day>=",
        "like:",
        "(",
        ")",
        "^2",
        '"',
        " ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(TEXTS | st.lists(PIECES, max_size=12).map("".join))
def test_a_remembered_token_says_what_it_says_in_its_place(text: str) -> None:
    for (kind, token, term), (known, same, known_term) in zip(tokens(text), known_tokens(text), strict=True):
        assert same.group() == token.group()
        depends_on_what_follows = kind == "minus" or known == "near"
        assert (known, known_term) == (kind, term) or depends_on_what_follows


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("agents -audio", "agents NOT audio"),
        ('agents -"audio video"', 'agents NOT "audio video"'),
        ("(agents NEAR)", 'agents "near"'),
        ("(agents NEAR/5)", 'agents "near/5"'),
        ("NEAR* agents", "near* agents"),
    ],
)
def test_a_minus_or_near_is_what_the_text_after_it_makes_of_it(written: str, meant: str) -> None:
    assert parse_query(written) == parse_query(meant)
