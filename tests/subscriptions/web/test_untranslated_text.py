"""No word of a page is left untranslated: a language that brackets every text shows what slips past it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from digest.archive import samples
from digest.compose.samples import DIGESTS
from digest.lib.languages import LOCALE
from digest.matching.query.abbreviation_offers import offers
from digest.web import page_language
from digest.web.query_examples import QUERY_EXAMPLES
from subscriptions.devtools import inbox_samples, page_samples
from subscriptions.devtools.page_samples import PAGES
from tests.digest.lib.wordless import Wordless

with (LOCALE / "de" / "LC_MESSAGES" / "django.po").open("rb") as _file:
    CATALOGUE = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(_file)}
_PLACE = re.compile(r"%\(\w+\)s")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FILLING = re.compile(r"^(.+?)\1{2,}$")
_SPOKEN = ("aria-label", "alt", "title", "placeholder", "data-words", "data-weekly", "data-monthly")
_SUMMED_UP = "meta[name=description], meta[property^='og:'][content*=' ']"
_NAMES = (
    "arXiv Hugging Face Atom BibTeX HTML JSON RIS Feed Paper Digest UTC Deutsch English"
    " OR NOT quant low precision title audio ada"
)


def known(message: str) -> str:
    """A text in brackets, if the catalogue of pages has it."""
    return bracketed(message) if message in CATALOGUE else message


def bracketed(message: str) -> str:
    """“⟦Mute ⟧%(name)s⟦!⟧”: the text in brackets, what is put into it outside."""
    return f"⟦{_PLACE.sub(lambda place: f'⟧{place.group()}⟦', message)}⟧"


class Bracketing(Wordless):
    """A language in which every text stands in brackets, and days and months are numbers."""

    def gettext(self, message: str, **values: object) -> str:
        return bracketed(message) % values

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        return bracketed(one if number == 1 else many) % {"num": number, **values}

    def topic(self, text: str) -> str:
        return bracketed(text)


@pytest.fixture(autouse=True)
def _every_text_in_brackets(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def count(one: str, many: str, number: int) -> str:
        return bracketed(one if number == 1 else many) if one in CATALOGUE else one

    settings.DEBUG = True
    language = Bracketing()
    monkeypatch.setattr(page_language, "language_for", lambda _code: language)
    django = translation._trans  # type: ignore[attr-defined]
    monkeypatch.setattr(django, "gettext", known)
    monkeypatch.setattr(django, "ngettext", count)
    monkeypatch.setattr(django, "pgettext", lambda _context, message: known(message))


def words(text: str) -> list[str]:
    """The words of `text`, without what only fills: “longlonglong” is “long”, “xxx” is nothing."""
    return [short for word in _WORD.findall(text) if len(short := _FILLING.sub(r"\1", word)) > 1]


def invented(module: Path) -> Iterator[str]:
    """The texts in the source of invented pages, save those of topics, titles of cases and docstrings."""
    left: list[ast.AST] = [ast.parse(module.read_text(encoding="utf-8"))]
    while left:
        match left.pop():
            case ast.Constant(value=str(text)):
                yield text
            case ast.Call(func=ast.Name(id="Topic")) | ast.Expr(value=ast.Constant()):
                pass
            case ast.Call(func=ast.Name(id="PageCase"), args=[_, *others]):
                left += others
            case node:
                left += ast.iter_child_nodes(node)


OF_PAGES = {
    word
    for module in (samples, page_samples, inbox_samples)
    for text in (*invented(Path(str(module.__file__))), _NAMES, *(one.query for one in QUERY_EXAMPLES))
    for word in words(text)
}
OF_ABBREVIATIONS = [" ".join(words(offer.other)) for offer in offers("TTS")]  # as the samples use it
OF_PAPERS = [
    " ".join(words(text))
    for content in DIGESTS.values()
    for section in content.sections
    for record in (samples.as_stored(item).record for item in section.items)
    for text in (
        *(record.title, record.abstract, record.summary or "", record.organization or "", record.url),
        *record.author_names,
    )
]


def is_data(piece: str) -> bool:
    """Whether somebody else's words stand there: a reader's, an operator's, a source's."""
    parts = [words(part) for part in re.split(r"\s· ", piece)]
    return all(
        OF_PAGES.issuperset(part) or any(" ".join(part) in text for text in OF_PAPERS + OF_ABBREVIATIONS)
        for part in parts
    )


def outside(text: str) -> Iterator[str]:
    """The pieces of `text` outside of brackets; "\\0" parts pieces there."""
    depth, piece = 0, ""
    for character in text + "\0":
        depth += {"⟦": 1, "⟧": -1}.get(character, 0)
        if character in "⟦⟧" or (character == "\0" and not depth):
            yield piece
            piece = ""
        elif not depth:
            piece += character
    assert depth == 0, text


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_a_page_can_be_translated(client: Client, name: str) -> None:
    page = BeautifulSoup(client.get(f"/previews/page/{name}/").content, "lxml")
    texts = [str(tag[name]) for name in _SPOKEN for tag in page.select(f"[{name}]")]
    texts += [str(tag["content"]) for tag in page.select(_SUMMED_UP)]
    for theirs in page.select("#time_zone option, [data-says=time_zone], .caret, #request-number"):
        theirs.decompose()
    texts.append(page.get_text("\0"))
    assert sum(text.count("⟦") for text in texts) > 1
    assert [piece for text in texts for piece in outside(text) if not is_data(piece)] == []
