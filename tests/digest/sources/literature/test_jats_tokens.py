"""Remains of typesetting in abstracts."""

import time

import pytest

from digest.sources.literature.jats_tokens import without_tokens


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("CO_2 and C_3 plants stay", "CO_2 and C_3 plants stay"),
        ("AO_SCPLOWBSTRACTC_SCPLOWWe fold.", "We fold."),
        ("MO_SCPLOWUSEC_SCPLOW folds O_SCPCAPDNAC_SCPCAP.", "MUSE folds DNA."),
        ("O_ST_ABSMethods:C_ST_ABSWe fold.", "Methods: We fold."),
        ("We fold. O_FIG O_LINKSMALLFIG WIDTH=2 C_FIGThen we throw.", "We fold. Then we throw."),
        ("We fold. C_FIG Then we throw. O_FIG", "We fold. Then we throw."),
        ("O_LIone C_LIO_LItwoC_LI", "one two"),
    ],
)
def test_words_stay_and_typesetting_goes(written: str, read: str) -> None:
    assert " ".join(without_tokens(written).split()) == read


def test_a_text_of_nothing_but_tokens_is_read_at_once() -> None:
    before = time.perf_counter()
    for token in ("O_FIG", "C_FIG", "O_ST_ABS ", "O_ST_ABS", " "):
        without_tokens(token * 200_000 + "C_")
    assert time.perf_counter() - before < 2
