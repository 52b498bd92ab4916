"""What an HTML template of a letter must not contain: inlining it once would differ from inlining each mail.

`python -m digest.compose.templating.lint DIRECTORY` checks every letter in a directory and exits with 1 if
one is wrong.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

from digest.compose.templating.css_inliner import InliningFailed, hide, reveal
from digest.compose.templating.flatten import TemplateUnusual, flatten

_OPENS = re.compile(r"\{%[-+]?\s*(?:(?:if|for|with|filter|fragment|place)\b|set\s+\w+\s*[-+]?%\})")
_TURNS = re.compile(r"\{%[-+]?\s*(?:elif|else)\b")
_CLOSES = re.compile(r"\{%[-+]?\s*end(?:if|for|with|filter|fragment|place|set)\b")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")

_IN_SOURCE = {
    r"\|\s*safe\b": "everything a letter prints is escaped",
    r"<!doctype": "premailer removes it unless it is written <!DOCTYPE html>",
    r"<!\[if": "premailer mangles it; <!--[if mso]> survives",
    r"<(?:link|script|iframe|form|object)\b": "mail programs drop it",
    r"@import\b": "it fetches from the network",
}
_IN_SELECTOR = {
    r":(?:first|last|nth|only|empty|root)\b[\w-]*": "what comes first is known only when the mail is made",
    r"[+~]": "which elements are neighbours is known only when the mail is made",
    r"\[[^\]]*\]|#": "attributes are known only when the mail is made",
    r":(?:is|not|where|has)\(|\*": "premailer drops it",
    r":{1,2}(?:hover|active|focus|visited|link|before|after)\b": "it belongs in the kept style block",
}
_IN_STYLE = {r"@[\w-]+": "it belongs in the kept style block"}
_IN_DECLARATIONS = {
    r"!important": "premailer drops it from inlined rules",
    r"\b(?:rgb|hsl)a?\([^,)]*\)|\b(?:oklch|oklab|color-mix|light-dark)\(": "premailer drops modern colours",
}


def lint(source: str) -> list[str]:
    """What is wrong with one flattened template, in words; nothing if inlining it once is safe."""
    problems = _violations(_IN_SOURCE, source)
    try:
        html, hidden = hide(source)
    except InliningFailed as failure:
        return [*problems, str(failure)]
    reading = _Reading(hidden)
    reading.feed(html)
    reading.close()
    return problems + reading.finished()


def lint_directory(directory: Path) -> list[str]:
    """What is wrong with the letters in `directory`, each problem with its file's name."""
    problems = []
    for path in sorted(directory.glob("*.html")):
        try:
            found = lint(flatten(path.name, lambda name: (directory / name).read_text(encoding="utf-8")))
        except TemplateUnusual as unusual:
            found = [str(unusual)]
        problems += [f"{path.name}: {problem}" for problem in found]
    return problems


def _violations(rules: dict[str, str], text: str) -> list[str]:
    """One problem for each place of `text` where a rule's pattern stands."""
    return [f"{found.group()}: {why}" for rule, why in rules.items() for found in re.finditer(rule, text)]


class _Reading(HTMLParser):
    """Walks through a template whose Jinja tags are hidden, and notes what is wrong."""

    def __init__(self, hidden: list[str]) -> None:
        super().__init__()
        self._hidden = hidden
        self._problems: list[str] = []
        self._elements: list[str] = []
        self._blocks: list[tuple[str, int]] = []  # each open statement, and how deep it stands
        self._inlined_style = False

    def finished(self) -> list[str]:
        return self._problems + [f"{statement} is never closed" for statement, _ in self._blocks]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        shown, _ = self._show(tag)
        if shown != tag:
            self._problems.append(f"<{shown}>: an element's name must be fixed")
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        self._inlined_style = tag == "style" and ("data-premailer", "ignore") not in attrs
        if tag not in _VOID:
            self._elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._elements or self._elements.pop() != tag:
            self._problems.append(f"</{tag}> closes nothing")
        if self._blocks and len(self._elements) < self._blocks[-1][1]:
            self._problems.append(f"{self._blocks[-1][0]} does not wrap whole elements: it closes <{tag}>")
        self._inlined_style = False

    def handle_comment(self, data: str) -> None:
        statement, is_statement = self._show(data)
        if not is_statement:
            return
        if _OPENS.match(statement):
            self._blocks.append((statement, len(self._elements)))
        elif _TURNS.match(statement) or _CLOSES.match(statement):
            if not self._blocks:
                self._problems.append(f"{statement} closes nothing")
            elif len(self._elements) != self._blocks[-1][1]:
                self._problems.append(
                    f"{self._blocks[-1][0]} does not wrap whole elements before {statement}"
                )
            if self._blocks and _CLOSES.match(statement):
                self._blocks.pop()

    def handle_data(self, data: str) -> None:
        if self._inlined_style:
            self._check_style(_CSS_COMMENT.sub("", data))

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        shown_name, hidden = self._show(name)
        if hidden:
            self._problems.append(f"<{tag} {shown_name}>: an attribute's name must be fixed")
        shown_value, hidden = self._show(value)
        if hidden and name == "class":
            self._problems.append(f'class="{shown_value}": a conditional class cannot be inlined once')
        if name == "style" and "{%" in shown_value:
            self._problems.append(f'style="{shown_value}": a conditional style cannot be merged once')

    def _check_style(self, css: str) -> None:
        shown, _ = self._show(css)
        if "{%" in shown:
            self._problems.append("a conditional rule in the inlined style block")
        self._problems += _violations(_IN_STYLE, css)
        for selector, declarations in _CSS_RULE.findall(css):
            self._problems += _violations(_IN_SELECTOR, selector.strip())
            self._problems += _violations(_IN_DECLARATIONS, declarations)

    def _show(self, text: str) -> tuple[str, bool]:
        """`text` with its Jinja tags, and whether it has any."""
        shown, found = reveal(text, self._hidden)
        return shown, bool(found)


if __name__ == "__main__":
    sys.exit("\n".join(lint_directory(Path(sys.argv[1]))) or 0)
