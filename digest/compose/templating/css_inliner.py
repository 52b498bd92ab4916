"""Styles moved into the elements of a template: the one place that knows premailer.

premailer takes 10-20 ms for a mail, so it runs once per template, on the Jinja source. Jinja's tags hide
behind placeholders while it works: statements between elements as HTML comments, everything inside
attribute values, text, `<title>`, `<style>` and comments as words. The result is a template again. It
renders to what inlining each rendered mail would give, as long as no style depends on what the template
decides later; `lint` refuses templates where one does, and a test compares the two ways.

Two style blocks: rules in `<style>` move into the elements, `<style data-premailer="ignore">` stays in
the head as it is (`@media`, `:hover`, `[data-ogsc]`, with their own `!important`).
"""

import logging
import re
from collections import Counter
from functools import lru_cache

from premailer import Premailer

_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_HIDDEN = re.compile(r"<!--jx(\d+)x-->|jx(\d+)x")
_OPENING = re.compile(r"<!--|<(?=[a-zA-Z/!])")
_TEXT_ONLY = re.compile(r"<(style|title)\b", re.IGNORECASE)


class InliningFailed(ValueError):
    """A statement of the template was lost or doubled on its way through the inliner."""


def inline_page(html: str) -> str:
    """A whole HTML document with its plain style rules inlined."""
    return str(
        Premailer(
            html,
            cssutils_logging_level=logging.CRITICAL,
            allow_network=False,
            disable_validation=True,
            disable_leftover_css=True,
            align_floating_images=False,
            disable_basic_attributes=["width", "height"],
        ).transform(pretty_print=False)
    )


@lru_cache(maxsize=64)
def inline_template(source: str) -> str:
    """A whole Jinja document with its plain style rules inlined; still a Jinja document."""
    html, hidden = hide(source)
    shown, found = reveal(inline_page(html), hidden)
    for number, tag in enumerate(hidden):
        if tag.startswith("{%") and found[number] != 1:
            raise InliningFailed(f"{tag} stands {found[number]} times in the inlined template")
    return shown


def hide(source: str) -> tuple[str, list[str]]:
    """HTML with a placeholder for each Jinja tag, and the tags by number. Jinja's comments are dropped."""
    if _HIDDEN.search(source):
        raise InliningFailed("the template contains the text of a placeholder")
    where = _Position()
    hidden: list[str] = []
    html = ""
    position = 0
    for tag in _JINJA.finditer(source):
        between = source[position : tag.start()]
        where.pass_over(between)
        html += between
        position = tag.end()
        if not tag[0].startswith("{#"):
            word = f"jx{len(hidden)}x"
            html += f"<!--{word}-->" if tag[0].startswith("{%") and where.between_elements else word
            hidden.append(tag[0])
    return html + source[position:], hidden


def reveal(html: str, hidden: list[str]) -> tuple[str, Counter[int]]:
    """HTML with the Jinja tags put back, and how often each was found."""
    found: Counter[int] = Counter()

    def shown(placeholder: re.Match[str]) -> str:
        number = int(placeholder[1] or placeholder[2])
        found[number] += 1
        return hidden[number]

    return _HIDDEN.sub(shown, html), found


class _Position:
    """Where in an HTML text one stands, after passing over a part of it."""

    def __init__(self) -> None:
        self._awaited: re.Pattern[str] = _OPENING  # what ends the stretch one is in
        self._text_only = ""  # the element whose content is no markup, once its tag closes

    @property
    def between_elements(self) -> bool:
        """Whether a comment may stand here: not in a tag, an attribute, a comment, a title or a style."""
        return self._awaited is _OPENING

    def pass_over(self, html: str) -> None:
        position = 0
        while found := self._awaited.search(html, position):
            position = found.end()
            self._awaited = self._after(found[0], html, found.start())

    def _after(self, met: str, html: str, at: int) -> re.Pattern[str]:
        match met:
            case "<!--":
                return re.compile("-->")
            case "<":
                element = _TEXT_ONLY.match(html, at)
                self._text_only = element[1] if element else ""
                return _IN_TAG
            case ">" if self._text_only:
                return re.compile(f"</{self._text_only}>", re.IGNORECASE)
            case '"' | "'" if self._awaited is _IN_TAG:
                return _IN_VALUE[met]
            case '"' | "'":
                return _IN_TAG
            case _:
                return _OPENING


_IN_TAG = re.compile("[\"'>]")
_IN_VALUE = {'"': re.compile('"'), "'": re.compile("'")}
