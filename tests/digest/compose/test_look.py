"""Colours: readable on light and dark, and no colour forgotten in dark mode."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.templating.environment import TEMPLATES
from digest.lib.contrast import (
    DARK_PAPER,
    DEFAULT,
    LIGHT_PAPER,
    contrast,
    on_both,
    on_dark,
    on_light,
)

PARTS = TEMPLATES / "parts"
INLINED = (PARTS / "inlined.css").read_text()
KEPT = (PARTS / "kept.css").read_text()
OUTLOOK = (PARTS / "outlook.css").read_text()


def rules(css: str) -> dict[str, str]:
    return dict(re.findall(r"\.([\w-]+)\s*\{([^{}]*)\}", css.replace("{{", "").replace("}}", "")))


def colours(body: str) -> set[str]:
    """Which of ink and paper a rule colours."""
    found = set(re.findall(r"(?:^|[\s;])(color|background|border-color)(?:-color)?\s*:", body))
    return {"paper" if name == "background" else "ink" for name in found}


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_any_accent_becomes_readable(colour: str) -> None:
    assert contrast(on_light(colour), LIGHT_PAPER) >= 4.5
    assert contrast(on_dark(colour), DARK_PAPER) >= 4.5
    assert contrast(on_both(colour), LIGHT_PAPER) >= 3
    assert contrast(on_both(colour), DARK_PAPER) >= 3


def test_a_readable_accent_stays_as_chosen() -> None:
    assert on_light(DEFAULT) == DEFAULT


@pytest.mark.parametrize("bad", ["", "red", "#fff", "#1f5fbf;background:url(//x)", "#1f5fbg", "#1f5fbf\n"])
def test_what_is_no_colour_becomes_the_default(bad: str) -> None:
    assert on_light(bad) == DEFAULT


@pytest.mark.parametrize(("name", "body"), [(n, b) for n, b in rules(INLINED).items() if colours(b)])
def test_every_colour_has_its_dark_counterpart(name: str, body: str) -> None:
    dark = KEPT[KEPT.index("prefers-color-scheme: dark") :]
    assert colours(rules(dark)[name]) == colours(body)
    told = {
        kind
        for attribute, kind in (("ogsc", "ink"), ("ogsb", "paper"))
        if f"[data-{attribute}] .{name} " in OUTLOOK
    }
    assert told == colours(body)


def test_kept_rules_win_over_inlined_styles() -> None:
    for css in (KEPT, OUTLOOK):
        declarations = re.findall(
            r"[\w-]+\s*:\s*[^;{}]+;", re.sub(r":root \{[^}]*\}", "", css.replace("{{ accent_dark }}", "x"))
        )
        assert declarations
        assert all("!important" in declaration for declaration in declarations)


def test_text_is_never_smaller_than_14_pixels() -> None:
    sizes = {
        int(size) for body in rules(INLINED).values() for size in re.findall(r"font-size: (\d+)px", body)
    }
    assert sizes == {14, 16, 20}


@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        ("#1c1f23", "#ffffff", 7),
        ("#59616b", "#ffffff", 4.5),
        ("#e8e6e1", "#17191c", 7),
        ("#9aa3ad", "#17191c", 4.5),
        ("#b98500", "#ffffff", 3),
        ("#b98500", "#17191c", 3),
    ],
)
def test_the_palette_is_readable(ink: str, paper: str, least: float) -> None:
    assert contrast(ink, paper) >= least
    assert ink in INLINED + KEPT


def test_matched_words_are_marked_where_a_program_takes_colours_away_in_the_dark() -> None:
    """Thunderbird's dark mode drops light backgrounds and dark inks, and no media query matches in it."""
    assert not colours(rules(INLINED)["hit"])
    assert re.fullmatch(r"\s*border-bottom: 2px solid #[0-9a-f]{6};\s*", rules(INLINED)["hit"])
