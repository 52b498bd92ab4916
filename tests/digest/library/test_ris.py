"""RIS that reference managers read: a tag a line, and no text that could be taken for one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from digest.library.reference import references
from digest.library.ris import ris
from tests.digest.library.papers import paper

BREAKS = st.text(st.sampled_from(list("xTYER  -\r\n\x0b\x85\u2028")), max_size=40)


def test_a_paper_is_a_record_of_tags_in_order() -> None:
    names = ("Ada Lovelace", "Bo de Groot", "Example, Inc.")
    text = ris(references([paper(abstract="We study & measure.", author_names=names)]))
    assert text.split("\r\n") == [
        "TY  - UNPB",
        "AU  - Lovelace, Ada",
        "AU  - de Groot, Bo",
        "AU  - Example Inc.",
        "T1  - Quantized agents",
        "AB  - We study & measure.",
        "UR  - https://arxiv.org/abs/2511.00001",
        "DO  - 10.48550/arXiv.2511.00001",
        "PY  - 2025",
        "DA  - 2025/11/04",
        "ER  - ",
        "",
    ]


@given(title=BREAKS, abstract=BREAKS, author=BREAKS)
def test_no_text_begins_a_line_of_its_own(title: str, abstract: str, author: str) -> None:
    text = ris(
        references(
            [paper(f"x{title}", abstract=abstract, author_names=(f"x{author}",)), paper(key="doi:10.1/x")]
        )
    )
    lines = [line for line in text.splitlines() if line]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert [line for line in lines if line.startswith(("TY", "ER"))] == [
        "TY  - UNPB",
        "ER  - ",
        "TY  - GEN",
        "ER  - ",
    ]
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", text)


def test_a_month_is_told_where_no_day_is_known() -> None:
    text = ris(references([paper(published=None), paper(key="doi:10.1/x", published=None)]))
    assert re.findall(r"DA  - (.*)\r\n", text) == ["2025/11"]
