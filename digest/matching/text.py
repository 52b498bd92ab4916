"""Words of a text: where they stand, and the forms under which they find each other."""

import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import Stemmer

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_SPLIT = re.compile(f"({_WORD.pattern})")
_ASCII_SPLIT = re.compile("([a-z0-9]+)")  # the same on ASCII in lower case, five times faster
_GLUE = re.compile(r"\s+|[-‐‑‒–_]\s*")  # what may part the halves of one word: “fine-tuning”, “fine tuning”
_IZE = ("ise", "ised", "ises", "iser", "isers", "ising", "isation", "isations")
_OUR = ("our", "ours", "oured", "ouring", "oural")
_BRITISH = _IZE + _OUR
_thread = threading.local()  # a Snowball stemmer must not be shared by threads


def fold(word: str) -> str:
    """`word` without case and accents, letters and digits only: folding again changes nothing."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(c for c in plain if c.isalnum()) or word


@lru_cache(maxsize=200_000)
def stem(folded: str) -> str:
    """The form under which a folded word and its relatives meet: American spelling, Snowball stem."""
    return stems([folded])[0]


def stems(folded: Sequence[str]) -> list[str]:
    """`stem` of each, many times faster."""
    if not hasattr(_thread, "stemmer"):
        _thread.stemmer = Stemmer.Stemmer("english", 0)  # its own cache costs more than it saves
    american = [_american(word) if word.endswith(_BRITISH) else word for word in folded]
    return list(_thread.stemmer.stemWords(american))


def _american(word: str) -> str:
    """“quantisation” as “quantization”, “behaviour” as “behavior”; what is too short to be either stays."""
    if len(word) < 6:
        return word
    if word.endswith(_IZE):
        start = word.rindex("is", 0, -1)
        return f"{word[:start]}iz{word[start + 2 :]}"
    if word.endswith(_OUR):
        start = word.rindex("our")
        return f"{word[:start]}or{word[start + 3 :]}"
    return word


def words(text: str) -> tuple[str, ...]:
    """The folded words of `text`, in order."""
    return tuple(fold(match.group()) for match in _WORD.finditer(text))


@lru_cache(maxsize=1000)
def _glues(gap: str) -> bool:
    return _GLUE.fullmatch(gap) is not None


def split(text: str) -> tuple[list[str], list[bool]]:
    """The folded words of `text`, and of each whether only a space or hyphen parts it from the next."""
    if text.isascii():
        parts = _ASCII_SPLIT.split(text.lower())
        forms = parts[1::2]
    else:
        parts = _SPLIT.split(text)
        forms = list(map(fold, parts[1::2]))
    glued = [gap == " " or _glues(gap) for gap in parts[2::2]]
    if glued:
        glued[-1] = False  # what follows the last word is no gap
    return forms, glued


@dataclass(frozen=True)
class Text:
    """A text split into words; all sequences run in step, one entry a word."""

    source: str

    @cached_property
    def _parts(self) -> tuple[list[str], list[bool]]:
        return split(self.source)

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each word, in characters."""
        return tuple(match.span() for match in _WORD.finditer(self.source))

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Each word folded."""
        return tuple(self._parts[0])

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Each word's stem."""
        return tuple(stems(self.forms))

    @cached_property
    def joined(self) -> tuple[str, ...]:
        """Each word joined to the next, folded; empty if more than a space or hyphen parts them."""
        forms, glued = self._parts
        following = (*forms[1:], "")
        return tuple(a + b if joined else "" for a, b, joined in zip(forms, following, glued, strict=False))

    @cached_property
    def joined_stems(self) -> tuple[str, ...]:
        """The stem of each entry of `joined`."""
        return tuple(stems(self.joined))

    def places_of(self, wanted: str) -> Sequence[int]:
        """Where the stem `wanted` stands, as a word or as two joined, by the number of its first word."""
        return self._places.get(wanted, ())

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for number, forms in enumerate(zip(self.stems, self.joined_stems, strict=True)):
            for form in forms:
                places.setdefault(form, []).append(number)
        return places
