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
_IZE = ("ize", "ized", "izes", "izer", "izers", "izing", "ization", "izations", "izational", "izable")
_YZE = ("yze", "yzed", "yzes", "yzer", "yzers", "yzing")
_OUR = ("our", "ours", "oured", "ouring", "oural")
_SPELT = _IZE + _YZE + _OUR
_ACRONYMS = re.compile(r"[b-df-hj-np-tv-z]{2,}u?(?<!s)s")  # Snowball takes an -s off behind vowels only
_thread = threading.local()  # a Snowball stemmer must not be shared by threads


def fold(word: str) -> str:
    """`word` without case and accents, letters and digits only: folding again changes nothing."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(c for c in plain if c.isalnum()) or word


@lru_cache(maxsize=200_000)
def stem(folded: str) -> str:
    """The form under which a folded word and its relatives meet: one spelling, Snowball stem."""
    return stems([folded])[0]


def stems(folded: Sequence[str]) -> list[str]:
    """`stem` of each, many times faster."""
    if not hasattr(_thread, "stemmer"):
        _thread.stemmer = Stemmer.Stemmer("english", 0)  # its own cache costs more than it saves
    spelt = [_spelt(word) if word.endswith(_SPELT) else word for word in folded]
    return [
        found[:-1] if found.endswith("s") and _ACRONYMS.fullmatch(found) else found
        for found in _thread.stemmer.stemWords(spelt)
    ]


def _spelt(word: str) -> str:
    """“quantization” as “quantisation”, “analyze” as “analyse”, “behaviour” as “behavior”.

    One of -ise and -ize has to go, and Snowball knows more relatives of -ise: “supervised”, “supervision”.
    What is too short for such an ending stays: “size”, “hour”.
    """
    if word.endswith(_OUR):
        start = word.rindex("our")
        return f"{word[:start]}or{word[start + 3 :]}" if len(word) > 5 else word
    start = word.rindex("z")
    return f"{word[:start]}s{word[start + 1 :]}" if start > 3 else word


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

    def positions_of(self, wanted: str) -> Sequence[int]:
        """Where the stem `wanted` stands, as a word or as two joined, by the number of its first word."""
        return self._positions.get(wanted, ())

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = {}
        for number, forms in enumerate(zip(self.stems, self.joined_stems, strict=True)):
            for form in forms:
                positions.setdefault(form, []).append(number)
        return positions
