"""Inlining a template once gives what inlining every mail would give."""

import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from jinja2 import FileSystemLoader

from digest.compose import compose_digest
from digest.compose.content import Brand, DigestContent, Item, Section
from digest.compose.digest_view import DigestPresenter
from digest.compose.letter import Context
from digest.compose.samples import BRAND, DIGESTS, LOGO
from digest.compose.templating import css_inliner
from digest.compose.templating.css_inliner import InliningFailed, inline_page, inline_template
from digest.compose.templating.environment import TEMPLATES, environment, letter_environment
from digest.compose.templating.flatten import TemplateUnusual, flatten
from digest.compose.templating.placeholders import LINKS
from digest.lib import contrast

ITEMS = sorted(
    {item for digest in DIGESTS.values() for section in digest.sections for item in section.items[:8]},
    key=lambda item: item.record.title,
)
COLOURS = ["#7a4fbf", "#FFFFFF", "#000", "red", "", 'x"><b>', "url(//evil.example)"]


def randomised(choose: random.Random) -> DigestContent:
    def some(most: int) -> tuple[Item, ...]:
        return tuple(choose.sample(ITEMS, choose.randint(0, most)))

    def sections(most: int) -> tuple[Section, ...]:
        return tuple(
            Section(
                choose.choice(["3D", "<i>&amp;", "{{ x }}", "Agents"]),
                choose.choice(COLOURS),
                some(most),
                own=choose.random() < 0.4,
                mute=choose.choice(["", "agents"]),
            )
            for _ in range(choose.randint(0, most))
        )

    base = choose.choice(list(DIGESTS.values()))
    return replace(
        base,
        sections=sections(4),
        more=sections(3),
        carried=some(3),
        weekly=choose.random() < 0.3,
        language=choose.choice(["en", "de"]),
    )


def variables(content: object, brand: Brand) -> dict[str, object]:
    accents = {"accent": contrast.on_light(brand.accent), "accent_dark": contrast.on_dark(brand.accent)}
    return {"content": content, "brand": brand, "links": LINKS, **accents}


def shown(html: str) -> str:
    """HTML with visible signs for the placeholders, which no parser keeps."""
    return html.replace("\x02", "(").replace("\x03", ")")


def tree(html: str) -> list[object]:
    """What a mail program sees: elements, attributes, style declarations and words."""
    page = lxml.html.document_fromstring(shown(html))
    page = lxml.html.document_fromstring(lxml.html.tostring(page, encoding="unicode"))
    seen: list[object] = []
    for element in page.iter():
        attributes = {str(name): str(value) for name, value in element.attrib.items()}
        style = sorted(
            " ".join(part.lower().split()) for part in attributes.pop("style", "").split(";") if part.strip()
        )
        words = [" ".join((text or "").split()) for text in (element.text, element.tail)]
        seen.append(
            (str(element.tag), sorted(attributes.items()), [s.replace(": ", ":") for s in style], words)
        )
    return seen


def assert_same_either_way(name: str, content: Context, brand: Brand, *, votes: bool = True) -> None:
    plain = environment(FileSystemLoader(TEMPLATES), content.language)
    values = variables(content, brand) | {"votes": votes}
    expected = inline_page(shown(plain.get_template(name).render(values)))
    assert tree(letter_environment(TEMPLATES, content.language).get_template(name).render(values)) == tree(
        expected
    )


@pytest.mark.parametrize("seed", range(40))
def test_inlining_the_template_equals_inlining_the_digest(seed: int) -> None:
    choose = random.Random(seed)
    presenter = DigestPresenter(randomised(choose))
    full = choose.randint(0, presenter.papers)
    view = choose.choice([presenter.view(full, choose.randint(0, presenter.lines(full))), presenter.all()])
    brand = replace(
        BRAND,
        accent=choose.choice(["#1f5fbf", "#ffee00", "bad"]),
        address=choose.choice(["", "A & B"]),
        imprint=choose.choice(["", "<i> & you"]),
        logo=choose.choice([None, LOGO]),
    )
    assert_same_either_way("digest.html", view, brand, votes=choose.random() < 0.7)


@pytest.mark.parametrize("name", DIGESTS)
def test_inlining_the_template_equals_inlining_each_preview(name: str) -> None:
    content = DIGESTS[name]
    if name == "crowd":
        content = replace(content, sections=tuple(replace(s, items=s.items[:5]) for s in content.sections))
    presenter = DigestPresenter(content)
    assert_same_either_way(
        "digest.html", presenter.view(presenter.papers, presenter.lines(presenter.papers)), BRAND
    )


def test_the_inliner_runs_once_for_all_mails_of_all_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []

    def counted(html: str) -> str:
        runs.append(html)
        return inline_page(html)

    monkeypatch.setattr(css_inliner, "inline_page", counted)
    inline_template.cache_clear()
    letter_environment.cache_clear()
    for language in ("en", "de"):
        for scanned in range(87, 97):
            compose_digest(replace(DIGESTS["many"], language=language, scanned=scanned), BRAND)
    assert len(runs) == 1


def test_rules_move_into_elements_and_the_kept_block_stays() -> None:
    html = inline_template(
        "<!DOCTYPE html><html><head><style>.a{color:{{ ink }}}</style>"
        '<style data-premailer="ignore">@media print{.a{color:red !important}}</style></head><body>'
        '{% for x in xs %}<p class="a" title="{{ x }}&amp;{% if x %}1{% endif %}">{{ x }}</p>{% endfor %}'
        "</body></html>"
    )
    assert (
        '<p class="a" title="{{ x }}&amp;{% if x %}1{% endif %}" style="color:{{ ink }}">{{ x }}</p>' in html
    )
    assert "<style>@media print{.a{color:red !important}}</style>" in html
    assert html.startswith("<!DOCTYPE html>")


def test_a_lost_statement_is_noticed() -> None:
    with pytest.raises(InliningFailed, match=r"if x %\} stands 0 times"):
        inline_template('<html><body><p title="a" title="{% if x %}b{% endif %}">c</p></body></html>')


def files(**texts: str) -> Callable[[str], str]:
    return lambda name: texts[name.removesuffix(".html")]


def test_parents_blocks_and_includes_become_one_text() -> None:
    read = files(
        page='{% extends "base.html" %}{% block main %}{% include "part.html" %}!{% endblock %}',
        base="<b>{% block main %}nothing{% endblock %}</b><i>{% block foot %}foot{% endblock %}</i>\n",
        part="{{ x }}\n",
    )
    assert flatten("page.html", read) == "<b>{{ x }}!</b><i>foot</i>"


@pytest.mark.parametrize(
    "source",
    [
        '{% include "page.html" %}',
        "{% macro m() %}{% endmacro %}",
        "{% include name %}",
        "{{ super() }}",
        '{% from "a" import b %}',
    ],
)
def test_what_cannot_be_flattened_is_refused(source: str) -> None:
    with pytest.raises(TemplateUnusual):
        flatten("page.html", files(page=source))


def test_an_edited_template_is_printed_anew(tmp_path: Path) -> None:
    page = tmp_path / "note.html"
    page.write_text("<html><body><p>one</p></body></html>")
    assert "one" in letter_environment(tmp_path, "en").get_template("note.html").render()
    page.write_text("<html><body><p>two and more</p></body></html>")
    os.utime(page, (1, 1))
    assert "two" in letter_environment(tmp_path, "en").get_template("note.html").render()
