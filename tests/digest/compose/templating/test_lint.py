"""The lint finds what would make inlining once go wrong, and nothing in our own templates."""

import pytest

from digest.compose.templating.environment import TEMPLATES
from digest.compose.templating.lint import lint, lint_directory


def page(body: str = "", style: str = "", kept: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{{{{ t }}}}</title><style>{style}</style>"
        f'<style data-premailer="ignore">{kept}</style></head><body>{body}</body></html>'
    )


def test_our_templates_are_clean() -> None:
    assert lint_directory(TEMPLATES) == []


@pytest.mark.parametrize(
    "selector",
    [
        "p:first-child",
        "li:nth-child(2)",
        "h2 + p",
        "h2 ~ p",
        "a[href]",
        "*",
        "a:not(.b)",
        "a:hover",
        "td:empty",
    ],
)
def test_selectors_that_depend_on_the_mail_are_found(selector: str) -> None:
    assert lint(page(style=f".ok {{color: red}} {selector} {{color: red}}"))


@pytest.mark.parametrize(
    "style", ["@media print {a {color: red}}", "a {color: red !important}", "a {color: rgb(0 0 0)}"]
)
def test_rules_that_premailer_spoils_are_found(style: str) -> None:
    assert lint(page(style=style))
    assert not lint(page(kept=style))


@pytest.mark.parametrize(
    "body",
    [
        '<p class="{% if x %}a{% endif %}">x</p>',
        '<p class="{{ x }}">x</p>',
        '<p style="{% if x %}color: red{% endif %}">x</p>',
        "<p {% if x %}hidden{% endif %}>x</p>",
        "<h{{ n }}>x</h{{ n }}>",
        "{% if x %}<p>{% endif %}x</p>",
        "<p>{% if x %}</p>{% endif %}",
        "{% if x %}<p>{% else %}<div>{% endif %}x</p>",
        "{% for x in xs %}<tr>{% endfor %}",
        "{% if x %}<p>x</p>",
        "<p>x</p>{% endif %}",
        "{% if x %}</p><p>{% endif %}",
        "{{ x|safe }}",
        "<![if !mso]>x<![endif]>",
        '<link rel="stylesheet" href="x">',
    ],
)
def test_markup_that_depends_on_the_mail_is_found(body: str) -> None:
    assert lint(page(body))


def test_a_lower_case_doctype_is_found() -> None:
    assert lint(page().replace("<!DOCTYPE", "<!doctype"))


@pytest.mark.parametrize(
    "body",
    [
        '{% for x in xs %}<p class="a" style="color: {{ x }}">{{ x }}</p>{% endfor %}',
        "<p>{% if x %}<br><b>{{ x }}</b>{% else %}-{% endif %}</p>",
        '<a href="{% if x %}/{{ x }}{% endif %}">x</a>',
        "<!--[if mso]><td>{{ x }}<![endif]-->",
    ],
)
def test_sound_markup_passes(body: str) -> None:
    assert lint(page(body, style=".a td, p.b {color: {{ x }}}")) == []
