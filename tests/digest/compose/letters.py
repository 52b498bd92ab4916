"""Every invented letter, composed, and how to look at one."""

from dataclasses import replace
from typing import Any

from bs4 import BeautifulSoup

from digest.compose import Letter, compose, compose_digest, compose_page, compose_welcome
from digest.compose import samples as invented

BRANDED = replace(invented.BRAND, logo=invented.LOGO, imprint="Ada Example is responsible.")
LETTERS: dict[str, Letter] = {
    **{name: compose_digest(content, invented.BRAND) for name, content in invented.DIGESTS.items()},
    "logo": compose_digest(invented.DIGESTS["many"], BRANDED),
    "page": compose_page(invented.DIGESTS["many"], BRANDED),
    "confirm": compose("confirm", invented.CONFIRM, invented.BRAND),
    "known": compose("known", invented.KNOWN, invented.BRAND),
    "welcome": compose_welcome(invented.WELCOME, BRANDED),
    "welcome-empty": compose_welcome(invented.WELCOME_EMPTY, invented.BRAND),
    "welcome-hostile": compose_welcome(invented.WELCOME_HOSTILE, invented.BRAND),
    **{name: compose(name, invented.FRESH_LINK, invented.BRAND) for name in invented.FRESH_LETTERS},
    "goodbye": compose("goodbye", invented.GOODBYE, invented.BRAND),
    "alarm": compose("alarm", invented.ALARM, invented.BRAND),
}


def read(letter: Letter) -> Any:  # a page: the stubs cannot know which elements it has
    return BeautifulSoup(letter.html_for(invented.READER), "lxml")


def words(letter: Letter) -> str:
    return " ".join(read(letter).body.get_text(" ").split())
