"""No word of a mail is left untranslated: a language that brackets every text shows what slips past it."""

import gettext
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from bs4 import BeautifulSoup

from digest.compose import (
    Brand,
    DigestContent,
    Fact,
    Item,
    Letter,
    Mark,
    NearMiss,
    Section,
    WelcomeContent,
    compose_digest,
    compose_page,
    compose_welcome,
    digest_view,
    letter,
    welcome,
)
from digest.compose.paper.samples import paper
from digest.compose.samples import READER
from digest.compose.templating import environment
from subscriptions.emails.letters import LETTERS as LETTER_TYPES
from tests.digest.lib.wordless import Wordless

_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES = {"arXiv", "BibTeX", "Hugging", "Face", "RIS"}


class Bracketing(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return message


@pytest.fixture(autouse=True)
def _every_text_in_brackets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    bracketed = Wordless()
    bracketed._catalogue = Bracketing()
    for module in (environment, letter, digest_view, welcome):
        monkeypatch.setattr(module, "language_for", lambda _code: bracketed)
    environment.letter_environment.cache_clear()
    yield
    environment.letter_environment.cache_clear()


RECORD = paper(
    1, "1 2", "3 4. 5 6.", authors=3, organization="7", upvotes=8, comments=9, code_url="https://1.example"
)
FACTS = tuple(
    Fact(field, "1") for field in ("author", "org", "source", "upvotes", "comments", "authors", "day")
)
ITEM = Item(RECORD, (Mark("title", 0, 1), Mark("abstract", 0, 1)), RECORD.url, FACTS, number=1)
NAMED = replace(ITEM, record=replace(RECORD, author_names=("1", "2", "3", "4"), summary="5"), number=2)
NEAR = NearMiss(RECORD, RECORD.url, "1", "2", "3")
FULL = DigestContent(
    date(2025, 11, 5),
    87,
    2,
    (Section("1", "#000000", (ITEM, NAMED), mute="1"), Section("2", "#000000", (ITEM,), own=True)),
    more=(Section("1", "#000000", (ITEM,)),),
    carried=(ITEM,),
    near=(NEAR,),
)
MANY = replace(
    FULL,
    sections=(Section("1", "#000000", tuple(replace(ITEM, number=n) for n in range(100))),),
    more=(Section("2", "#000000", (ITEM,) * 300),),
)
BRAND = Brand("1", "https://1.example", address="2", imprint="3")


def wordless(content: Any) -> Any:
    """A sample with numbers for its words, so that every word shown is the letter's own."""

    def number(value: object) -> object:
        match value:
            case str():
                return "https://1.example" if value.startswith("https:") else "1"
            case tuple():
                return tuple(map(number, value))
            case _:
                return value

    values = {field.name: number(getattr(content, field.name)) for field in fields(content)}
    return type(content)(**values | {"language": "en"})


LETTERS: dict[str, Callable[[], Letter]] = {
    "digest": lambda: compose_digest(FULL, BRAND),
    "week": lambda: compose_digest(replace(FULL, weekly=True, day=date(2024, 1, 1)), BRAND),
    "month": lambda: compose_digest(replace(FULL, monthly=True), BRAND),
    "too much": lambda: compose_digest(MANY, BRAND),
    "lost": lambda: compose_digest(replace(FULL, sections=(), more=()), BRAND),
    "page": lambda: compose_page(FULL, BRAND),
    "welcome": lambda: compose_welcome(WelcomeContent(datetime(2025, 11, 6, tzinfo=UTC), "1", MANY), BRAND),
    "nothing": lambda: compose_welcome(
        WelcomeContent(datetime(2025, 11, 6, tzinfo=UTC), "1", replace(FULL, sections=())), BRAND
    ),
    "nothing yet": lambda: compose_welcome(
        WelcomeContent(datetime(2025, 11, 6, tzinfo=UTC), "1", replace(FULL, sections=(), scanned=0)), BRAND
    ),
    **{
        f"{letter.name}, {case}": partial(letter.compose, wordless(content), BRAND)
        for letter in LETTER_TYPES
        for case, content in letter.samples.items()
        if not isinstance(content, DigestContent | WelcomeContent)
    },
}


def said(composed: Letter) -> Iterator[str]:
    yield composed.subject
    yield composed.text_for(READER)
    page = BeautifulSoup(composed.html_for(READER), "lxml")
    yield from (str(tag[name]) for name in ("aria-label", "alt", "title") for tag in page.select(f"[{name}]"))
    for tag in page.find_all(["style"]):
        tag.decompose()
    yield page.get_text(" ")


@pytest.mark.parametrize("name", LETTERS)
def test_every_word_of_a_letter_can_be_translated(name: str) -> None:
    texts = list(said(LETTERS[name]()))
    assert sum(text.count("⟦") for text in texts) > 3
    for text in texts:
        rest = re.sub(r"https?://\S+", "", text)
        while _BRACKETED.search(rest):
            rest = _BRACKETED.sub("", rest)
        assert set(_WORD.findall(rest)) <= _NAMES, rest
