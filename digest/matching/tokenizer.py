"""Words of a text: where they stand, and the forms under which they find each other."""

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain

import Stemmer

from digest.matching.word_forms import WordForms, read_word_forms

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_SPLIT = re.compile(f"({_WORD.pattern})")
_ASCII_SPLIT = re.compile("([a-z0-9]+)")  # the same on ASCII in lower case, five times faster
_GLUE = re.compile(r"\s+|[-‐‑‒–_]\s*")  # what may part the halves of one word: “fine-tuning”, “fine tuning”
_IZE = ("ize", "ized", "izes", "izer", "izers", "izing", "ization", "izations", "izational", "izable")
_YZE = ("yze", "yzed", "yzes", "yzer", "yzers", "yzing")
_OUR = ("our", "ours", "oured", "ouring", "oural")
_SPELT = _IZE + _YZE + _OUR
_OUR_INSIDE = re.compile(  # before endings of which there are many: “favourite”, “behaviourism”
    "(behavi|ard|arm|cand|clam|col|endeav|fav|ferv|flav|harb|hon|hum|lab|neighb|od|ranc|rum|sav|splend|tum|vap|vig)our"
)
_ACRONYMS = re.compile(
    r"[b-df-hj-np-tv-z]{2,}[aeou]?(?<!s)s"
)  # Snowball takes an -s off behind a syllable only
# In one word: “to” written as a digit, a version, a number. What may be parted by a hyphen is parted without.
_INNER = re.compile(
    r"(?P<from>[a-z]{2,})2(?P<into>[a-z]{2,}|[234]d)(?P<count>\d*)"
    r"|(?P<named>[a-z]{4,})(?P<version>v\d+)"
    r"|(?P<base>[a-z]{3,})(?P<number>\d+[a-z]?)"
)
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
    forms = _word_forms()
    spelt = [forms.as_written(word) or _spelt(word) for word in folded]
    return [forms.stems.get(found, found) for found in _snowball(spelt)]


@lru_cache(maxsize=200_000)
def stems_sought(folded: str) -> tuple[str, ...]:
    """The stems that a word of a query meets: its own, and of “basis” also that of “bases”."""
    return all_stems_sought([folded])[0]


def all_stems_sought(folded: Sequence[str]) -> list[tuple[str, ...]]:
    """`stems_sought` of each, many times faster."""
    also = _word_forms().also
    return [(own, *also.get(own, ())) for own in stems(folded)]


@cache
def _word_forms() -> WordForms:
    return read_word_forms(lambda word: _snowball([_spelt(word)])[0])


def _snowball(spelt: list[str]) -> list[str]:
    if not hasattr(_thread, "stemmer"):
        _thread.stemmer = Stemmer.Stemmer("english", 0)  # its own cache costs more than it saves
    return [
        found[:-1] if found.endswith("s") and _ACRONYMS.fullmatch(found) else found
        for found in _thread.stemmer.stemWords(spelt)
    ]


def _spelt(word: str) -> str:
    """“quantization” as “quantisation”, “analyze” as “analyse”, “behaviour” as “behavior”.

    One of -ise and -ize has to go, and Snowball knows more relatives of -ise: “supervised”, “supervision”.
    What is too short for such an ending stays: “size”, “hour”.
    """
    if "our" in word:
        word = _OUR_INSIDE.sub(r"\1or", word)
    if not word.endswith(_SPELT):
        return word
    if word.endswith(_OUR):
        start = word.rindex("our")
        return f"{word[:start]}or{word[start + 3 :]}" if len(word) > 5 else word
    start = word.rindex("z")
    return f"{word[:start]}s{word[start + 1 :]}" if start > 3 else word


def words(text: str) -> tuple[str, ...]:
    """The folded words of `text`, in order; folding or dividing them again changes nothing."""
    found = split(text)[0]
    return tuple(found if text.isascii() else split(" ".join(found))[0])


@lru_cache(maxsize=1000)
def _glues(gap: str) -> bool:
    return _GLUE.fullmatch(gap) is not None


def split(text: str) -> tuple[list[str], list[bool]]:
    """The folded words of `text`, and of each whether only a space or hyphen parts it from the next."""
    if text.isascii():
        parts = _ASCII_SPLIT.split(text.lower())
        sources = parts[1::2]
        forms = sources[:]
    else:
        parts = _SPLIT.split(text)
        sources = parts[1::2]
        forms = list(map(fold, sources))
    glued = [gap == " " or _glues(gap) for gap in parts[2::2]]
    if glued:
        glued[-1] = False  # what follows the last word is no gap
    for number in [n for n, form in enumerate(forms) if not form.isalpha()][::-1]:
        if inner := _inner(forms[number], len(sources[number])):
            forms[number : number + 1] = [word for word, _ in inner]
            glued[number:number] = [True] * (len(inner) - 1)
    return forms, glued


@lru_cache(maxsize=100_000)
def _inner(form: str, length: int) -> tuple[tuple[str, int], ...]:
    """The words that one is made of, each with its length in the text; none if it is one word.

    One whose length in the text was another stays one: where its parts begin there is not known.
    """
    found = _INNER.fullmatch(form) if len(form) == length and not form.isalpha() else None
    if found is None:
        return ()
    if left := found["from"]:
        right, count = found["into"], found["count"]
        return ((left, len(left)), ("to", 1), (right, len(right)), *([(count, len(count))] if count else []))
    return tuple((part, len(part)) for part in found.groups() if part)


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
        return tuple(_spans(self.source))

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

    def positions_of(self, wanted: str) -> Iterator[int]:
        """Where `wanted` is met, by a word or by two joined, as the number of the first."""
        return chain.from_iterable(self._positions.get(found, ()) for found in stems_sought(wanted))

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = {}
        for number, forms in enumerate(zip(self.stems, self.joined_stems, strict=True)):
            for form in forms:
                positions.setdefault(form, []).append(number)
        return positions


def _spans(source: str) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(source):
        start, end = match.span()
        for _, length in _inner(fold(match.group()), end - start):
            yield start, start + length
            start += length
        if start < end:
            yield start, end
