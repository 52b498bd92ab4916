"""TeX in titles and abstracts is shown as what it stands for; mathematics stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.record_fields import build_record
from digest.sources.tex import plain
from tests.factories import DAY


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            r"60\% of R\&D costs \$5 for snake\_case, issue \#7",
            "60% of R&D costs $5 for snake_case, issue #7",
        ),
        (r"a caf\'e, Pok\'{e}mon, {\'e}t\'e, Bolet\'{\i}n", "a café, Pokémon, été, Boletín"),
        (
            r"Schr\"odinger, Ma\'nczak, Erd\H{o}s, Fran\c{c}ois, \v{C}apek",
            "Schrödinger, Mańczak, Erdős, François, Čapek",
        ),
        (
            r"S\o ren, \O{}rsted, Stra\ss e, {\L}ukasz, \AA ngstr\"om",
            "Søren, Ørsted, Straße, Łukasz, Ångström",
        ),
        ("``quotes'' and ``others\"", "“quotes” and “others”"),
        (
            "pages 1--16, vision--language, and -- at last --- a rest",
            "pages 1–16, vision–language, and – at last — a rest",
        ),
        (
            "Fig.~3 of RTX~5090 by Smith et al.~[2], models~(LLMs)",
            "Fig. 3 of RTX 5090 by Smith et al. [2], models (LLMs)",
        ),
        (
            r"\textbf{bold \emph{and} slanted}, {\em so}, 300\,k, e.g.\ this",
            "bold and slanted, so, 300 k, e.g. this",
        ),
        (r"faster (\eg 1.67\times), i.e. 360{\deg} \ldots", "faster (e.g. 1.67×), i.e. 360° …"),
        (
            r"at \url{https://example.org/a\_b} and \href{https://example.org}{here}, $x\%$",
            r"at https://example.org/a_b and here, $x\%$",
        ),
    ],
)
def test_tex_is_shown_as_the_characters_it_stands_for(written: str, shown: str) -> None:
    assert plain(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        r"$x_{i} = 5\%$ and $a--b$, \(c\_d\), \[e\&f\], 3.6$\times$ and $\mathcal{O}(n~\log n)$",
        "https://example.org/a--b/~user?x=``y",
        "the option --quiet, `--help`, (--x), a-->b, <!-- no -->, x ---> y",
        "about ~10 of them, 5~10 or ~200M",
        r"\ours is a command of its author's own, and so is \method{}",
        r"C:\\data and \\%",
        "$5 and $10, code in ``double ticks`` and `single`",
        r"the query\"",
    ],
)
def test_mathematics_addresses_and_what_is_no_tex_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


def test_an_escaped_apostrophe_is_no_accent() -> None:
    assert plain(r"the query\'s and object\'s, don\'t, we\'ll; Wi\'sniewski") == (
        "the query's and object's, don't, we'll; Wiśniewski"
    )


signs = st.sampled_from(
    [
        *r"\$`'{}~-%&_ aeis.",
        r"\'",
        r"\%",
        "``",
        "''",
        "--",
        r"\textbf{",
        r"{\em ",
        r"\o",
        "https://e.org/",
        r"\(",
    ]
)


@given(st.lists(signs, max_size=25).map("".join))
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_a_papers_title_abstract_and_names_are_stored_without_tex() -> None:
    paper = build_record(
        DAY,
        title=r"R\&D in a caf\'e",
        abstract=r"``Up'' by 60\%.",
        author_names=[r"Paul Erd\H{o}s"],
        organization=r"A\&B",
    )
    assert (paper.title, paper.abstract) == ("R&D in a café", "“Up” by 60%.")
    assert (paper.author_names, paper.organization) == (("Paul Erdős",), "A&B")
    assert paper.key == build_record(DAY, title="R&D in a Café").key
