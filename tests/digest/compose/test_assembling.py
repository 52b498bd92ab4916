"""A digest put together from fragments is, octet by octet, the one that its whole template renders."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose import Brand, Fact, Item, Mark, NearMiss, Note, Section, Sender, Suggestion, prepare
from digest.compose.assembling import assemble_digest
from digest.compose.blocks import blocks_for, variables
from digest.compose.content import DigestContent
from digest.compose.digest_view import DigestPresenter
from digest.compose.letter import HTML_LIMIT, compose_digest
from digest.compose.paper.samples import LAB_BENCH, paper
from digest.compose.samples import BRAND, DIGESTS, LOGO, READER
from digest.compose.size_limit import Fit, Sizes, best_fit
from digest.compose.templating.environment import TEMPLATES, letter_environment
from digest.compose.templating.quoted_printable import body, size_of
from digest.lib.languages import languages

SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", list_name="Paper Digest")

HOSTILE = st.sampled_from(
    [
        "From the start",
        ".",
        "\x1e\x02web\x03",
        "</table></td><style>",
        "{{ links.web }}{% endfragment %}{% place %}",
        "=3D=\r\n=",
        "量化方法",
        "🧪 \u202ereversed",
        "A “quoted” & <b>bold</b> title",
        "x" * 90,
        "",
        "\n\n\n",
        "We propose a method that improves accuracy by 3.6%. It is fast. Code is available.",
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=40), max_size=4).map(" ".join)
COLOURS = st.sampled_from(["#112233", "#ffee00", "no colour"])


@st.composite
def items(draw: st.DrawFn) -> Item:
    number = draw(st.integers(0, 400))
    record = paper(
        number,
        draw(TEXTS),
        draw(TEXTS) * draw(st.sampled_from([1, 1, 6])),
        authors=draw(st.none() | st.integers(0, 3000)),
        upvotes=draw(st.none() | st.integers(0, 2000)),
        organization=draw(st.none() | TEXTS),
        summary=draw(st.none() | TEXTS),
        code_url=draw(st.none() | st.just("https://code.example.org/?a=1&b=2")),
        url=draw(st.sampled_from(["https://example.org/1", "javascript:alert(1)", ""])),
    )
    marks = draw(
        st.lists(
            st.builds(Mark, st.sampled_from(["title", "abstract"]), st.integers(0, 60), st.integers(0, 90))
        )
    )
    facts = draw(st.lists(st.builds(Fact, st.sampled_from(["author", "upvotes"]), TEXTS), max_size=2))
    note = draw(st.none() | st.builds(Note, st.sampled_from(["raised", "like"]), TEXTS))
    return Item(record, tuple(marks), record.url, tuple(facts), draw(st.sampled_from([0, number])), note)


POOLS = st.lists(items(), min_size=1, max_size=12)


@st.composite
def contents(draw: st.DrawFn) -> DigestContent:
    pool = draw(POOLS)
    most = draw(st.sampled_from([2, 9, 60]))
    some = st.integers(0, most).map(lambda count: tuple((pool * most)[:count]))
    sections = st.builds(
        Section,
        HOSTILE,
        COLOURS,
        some,
        st.booleans(),
        st.sampled_from(["", "agents", "3"]),
        st.sampled_from(["", "library", "trending"]),
        st.just(("arXiv",)),
    )
    near = st.builds(NearMiss, items().map(lambda item: item.record), st.just(""), TEXTS, TEXTS, TEXTS)
    suggestion = st.builds(
        Suggestion, st.floats(0, 20), TEXTS, examples=st.just((("A & B", "https://e.org"),))
    )
    return DigestContent(
        day=date(2025, 11, 5),
        scanned=draw(st.integers(0, 2000)),
        already_had=draw(st.integers(0, 3)),
        sections=tuple(draw(st.lists(sections, max_size=4))),
        more=tuple(draw(st.lists(sections, max_size=2))),
        carried=draw(some),
        near=tuple(draw(st.lists(near, max_size=2))),
        weekly=draw(st.booleans()),
        language=draw(st.sampled_from(list(languages()))),
        best=draw(st.just("") | TEXTS),
        year=draw(st.sampled_from([0, 2025, 2026])),
        following=draw(st.none() | st.just(datetime(2025, 11, 6, 7, tzinfo=UTC))),
        suggestion=draw(st.none() | suggestion),
        lacking=draw(st.sampled_from([(), ("arXiv",)])),
    )


BRANDS = st.builds(
    Brand,
    st.sampled_from(["Paper Digest", "A & <B>"]),
    st.just("https://digest.example.org"),
    st.sampled_from(["#1f5fbf", "#ffee00", "bad"]),
    st.sampled_from(["", "1 Example Street"]),
    st.sampled_from(["", "<i> & you"]),
    st.none() | st.just(LOGO),
)


def assert_same(content: DigestContent, brand: Brand) -> None:
    whole = compose_digest(content, brand)
    for text_alone, letter in ((False, whole), (True, whole.as_text())):
        assembled = assemble_digest(content, brand, text_alone=text_alone)
        assert prepare(assembled, SENDER).message(READER) == prepare(letter, SENDER).message(READER)


@given(contents(), BRANDS)
@settings(max_examples=60, deadline=None)
def test_fragments_joined_are_the_whole_template_rendered(content: DigestContent, brand: Brand) -> None:
    assert_same(content, brand)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", DIGESTS)
def test_every_sample_is_the_same_either_way(name: str, language: str) -> None:
    assert_same(replace(DIGESTS[name], language=language), replace(BRAND, logo=LOGO))


@given(contents(), BRANDS, st.integers(9_000, HTML_LIMIT))
@settings(max_examples=25, deadline=None)
def test_the_sum_of_the_fragments_cuts_where_rendering_each_guess_would(
    content: DigestContent, brand: Brand, limit: int
) -> None:
    presenter = DigestPresenter(content)
    template = letter_environment(TEMPLATES, content.language).get_template("digest.html")

    def rendered(fit: Fit) -> int:
        view = presenter.view(fit.full, fit.lines)
        html = template.render(variables(brand, votes=True), content=view)
        return size_of(body(html, "html"), brand.site_url)

    blocks = blocks_for(TEMPLATES, content.language, "digest.html", brand, votes=True)
    assert Sizes(presenter, blocks, limit).best == best_fit(
        presenter.papers, presenter.lines, rendered, limit
    )


def test_a_paper_is_worded_only_where_it_is_shown_in_full() -> None:
    items = [
        Item(paper(n, f"Paper {n}", f"We propose method {n}. " * 30), (), "https://e.org", number=n)
        for n in range(1, 2000)
    ]
    presenter = DigestPresenter(
        DigestContent(LAB_BENCH.record.day, 2000, 0, (Section("A", "#112233", tuple(items)),))
    )
    worded: list[Item] = []
    paper_of = presenter.paper
    presenter.paper = lambda item: worded.append(item) or paper_of(item)  # type: ignore[method-assign,func-returns-value]
    blocks = blocks_for(TEMPLATES, "en", "digest.html", BRAND, votes=True)
    best = Sizes(presenter, blocks, HTML_LIMIT).best
    assert best.full <= len(worded) <= best.full + 20
