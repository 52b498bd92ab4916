"""Jinja for letters: where templates come from, how they escape, and the filters they may use."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined

from digest.compose.templating.css_inliner import inline_template
from digest.compose.templating.flatten import flatten
from digest.compose.templating.fragment_tag import Fragments
from digest.lib import contrast
from digest.lib.locales import language_for
from digest.lib.safe_text import Ready, folded, printable

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "email"
LINE = 72  # columns of the text part
_NARROW = "\N{NARROW NO-BREAK SPACE}"
_GLUE = "\0"  # in no printable text, and no white space


class LetterLoader(BaseLoader):
    """Files of one directory; HTML arrives flattened and inlined, once per process and change of a file."""

    def __init__(self, directory: Path) -> None:
        self._files = FileSystemLoader(directory)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if not template.endswith(".html"):
            return self._files.get_source(environment, template)
        unchanged: list[Callable[[], bool]] = []

        def read(name: str) -> str:
            text, _, uptodate = self._files.get_source(environment, name)
            if uptodate is not None:
                unchanged.append(uptodate)
            return text

        source = inline_template(flatten(template, read))
        return source, None, lambda: all(check() for check in unchanged)


@lru_cache(maxsize=32)
def letter_environment(directory: Path, language: str) -> Environment:
    """The environment of the letters in `directory`, with their texts in `language`."""
    return environment(LetterLoader(directory), language)


def environment(loader: BaseLoader, language: str) -> Environment:
    """Jinja as letters need it, over any loader: HTML is escaped, text and subjects are not."""
    jinja = Environment(
        loader=loader,
        autoescape=lambda name: name is not None and name.endswith(".html"),  # noqa: S701  # "&amp;" in a subject is wrong
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
        extensions=[Fragments],
    )
    jinja.filters |= {
        "folded": folded,
        "host": lambda url: urlsplit(url).hostname or url,
        "on_both": contrast.on_both,
        "on_dark": contrast.on_dark,
        "on_light": contrast.on_light,
        "wrapped": wrapped,
    }
    language_for(language).install(jinja, cleaned=_finalized)
    return jinja


def wrapped(text: str, indent: str = "") -> Ready:
    """`text` in lines of at most `LINE` columns, each after `indent`; a longer word stays whole.

    What no-break spaces hold together stays so: many languages write large numbers with them.
    """
    lines: list[str] = []
    line = ""
    for word in printable(text).replace("\N{NO-BREAK SPACE}", _GLUE).replace(_NARROW, _GLUE).split():
        if line and len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else indent + word
    return Ready("\n".join([*lines, line]).replace(_GLUE, " "))


def spaced(text: str) -> str:
    """Text with at most one empty line in a row, none around it, and a line end at its end."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    text = text.strip("\n")
    return text and text + "\n"


def _finalized(value: object) -> object:
    """What an expression prints: text from outside loses its controls, `Ready` text keeps its own."""
    return printable(value) if type(value) is str else value
