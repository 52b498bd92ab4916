"""Every invented digest, composed, and how to look at a letter."""

from dataclasses import replace
from typing import Any

from bs4 import BeautifulSoup

from digest.compose import Letter, compose_digest, compose_page
from digest.compose.samples import BRAND, DIGESTS, LOGO, READER

BRANDED = replace(BRAND, logo=LOGO, imprint="Ada Example is responsible.")
LETTERS: dict[str, Letter] = {
    **{name: compose_digest(content, BRAND) for name, content in DIGESTS.items()},
    "logo": compose_digest(DIGESTS["many"], BRANDED),
    "page": compose_page(DIGESTS["many"], BRANDED),
}


def read(letter: Letter) -> Any:  # a page: the stubs cannot know which elements it has
    return BeautifulSoup(letter.html_for(READER), "lxml")


def words(letter: Letter) -> str:
    return " ".join(read(letter).body.get_text(" ").split())
