"""Colours an operator may choose, moved just far enough to be readable (WCAG 2.2 contrast)."""

import re
from functools import lru_cache

LIGHT_PAPER = "#ffffff"
DARK_PAPER = "#17191c"
DEFAULT = "#1f5fbf"
TEXT = 4.5  # the least contrast of text
DOT = 3.0  # … and of a mark beside it
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50


def on_light(colour: str) -> str:
    """`colour` as text on light paper."""
    return readable(colour, LIGHT_PAPER, TEXT)


def on_dark(colour: str) -> str:
    """`colour` as text on dark paper."""
    return readable(colour, DARK_PAPER, TEXT)


def on_both(colour: str) -> str:
    """`colour` as a mark that stands out on light and on dark paper alike."""
    return readable(readable(colour, LIGHT_PAPER, DOT), DARK_PAPER, DOT)


@lru_cache(maxsize=1024)
def readable(colour: str, paper: str, least: float) -> str:
    """`colour`, mixed with black on light paper or white on dark paper until its contrast is `least`.

    What is not `#rrggbb` becomes the default accent, so no setting can carry CSS of its own.
    """
    if not _HEX.fullmatch(colour):
        colour = DEFAULT
    goal = 0 if _luminance(_rgb(paper)) > 0.5 else 255
    start = _rgb(colour)
    for step in range(_STEPS + 1):
        red, green, blue = (round(c + (goal - c) * step / _STEPS) for c in start)
        mixed = f"#{red:02x}{green:02x}{blue:02x}"
        if contrast(mixed, paper) >= least:
            return mixed
    return mixed


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    dark, light = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(rgb: tuple[int, ...]) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
