"""Whether two papers of different keys are one by title and first author: a preprint and its printed version.

Precision comes first, for papers that were merged cannot be told apart again
(docs/decisions/0032-a-paper-has-many-keys.md has the figures).
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

# Not “to”, “of” or “in”, which compounds have: “text-to-image” is written “text to image” as well.
_LITTLE = frozenset("a an and are for its that the this through toward towards using via with".split())
_LEAST_WORDS = 3  # “Editorial” and “A survey” are many papers
_LEAST_LETTERS = 2  # of a name: an initial is shared by many
_APART = timedelta(days=2 * 365)  # of a preprint and its journal; what is called the same later is a series


class Twin(Protocol):
    """What is compared of a paper."""

    @property
    def key(self) -> str: ...
    @property
    def author_names(self) -> Sequence[str]: ...
    @property
    def published(self) -> date | None: ...


@lru_cache(maxsize=4096)  # asked for several times for each paper of an answer
def likely_key(title: str) -> str:
    """Equal for titles of the same letters but for little words and plurals; empty for short ones."""
    words = [word for word in _words(title) if word not in _LITTLE]
    if len(words) < _LEAST_WORDS:
        return ""
    letters = "".join(words).replace("s", "")  # of plurals, and of compounds with or without hyphens
    return hashlib.blake2b(letters.encode("utf-8", "replace"), digest_size=12).hexdigest()


def are_twins(one: Twin, other: Twin) -> bool:
    """Whether two papers of the same `likely_key` are one paper."""
    if _are_apart(one.key, other.key):
        return False
    if one.published and other.published and abs(one.published - other.published) > _APART:
        return False
    return bool(_first_author(one) & _first_author(other))


def contradict(one: Twin, other: Twin) -> bool:
    """Whether two papers of the same title are different ones, for their first authors share no name."""
    first, second = _first_author(one), _first_author(other)
    return bool(first and second and not first & second)


def _are_apart(key: str, other: str) -> bool:
    """Whether the keys themselves tell that the papers differ: the same archive, or publisher, gave both."""
    if key.startswith("arxiv:") and other.startswith("arxiv:"):
        return True
    registrant, of_other = key.partition("/")[0], other.partition("/")[0]
    return key.startswith("doi:") and registrant == of_other and key != other


def _first_author(paper: Twin) -> frozenset[str]:
    """The words of the first author's name, in whatever order it is written."""
    names = paper.author_names[:1]
    return frozenset(word for name in names for word in _words(name) if len(word) >= _LEAST_LETTERS)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
