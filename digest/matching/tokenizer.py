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
_IZE = (
    *("ize", "ized", "izes", "izer", "izers", "izing", "izingly", "izable", "izably"),
    *("ization", "izations", "izational", "izement", "izance"),
)
_YZE = ("yze", "yzed", "yzes", "yzer", "yzers", "yzing", "yzable")
_OUR = ("our", "ours", "oured", "ouring", "oural")
_SPELT = _IZE + _YZE + _OUR
_OUR_INSIDE = re.compile(  # before endings of which there are many: “favourite”, “behaviourism”
    "(behavi|ard|arm|cand|clam|col|endeav|fav|ferv|flav|harb|hon|hum|lab|neighb|od|ranc|rum|sav|splend|tum|vap|vig)our"
)
_AE_OE = re.compile(  # Greek “ae” and “oe”, which American spelling writes “e”: “haemoglobin”, “oedema”
    "(?<=h)ae(?=m)|(?<=p)ae(?=d)|(?<=n)ae(?=sth|c)|(?<=[cknt])ae(?=mi)|(?<=al)ae(?=o)|(?<=f)ae(?=c)"
    "|ae(?=tiolog)|oe(?=dem|soph|str)|(?<=f)oe(?=t)|(?<=rrh)oe|(?<=hom)oe(?=o)|(?<=c)oe(?=l)|(?<=cop)oe"
)
# Snowball takes an -s off behind a syllable only
_ACRONYMS = re.compile(r"[b-df-hj-np-tv-z]{2,}[aeiou]?(?<!s)s")
# In one word: “to” or “for” written as a digit (no part of “FP4” or “GPT4”), a version, a number. What may be
# parted by a hyphen is parted without.
_DIGITS = {"2": "to", "4": "for"}
_INNER = re.compile(
    r"(?P<from>[a-z]{2,})(?P<digit>2|(?<!fp)(?<!gpt)(?<!int)4)(?P<into>[a-z]{2,}|[234]d)(?P<count>\d*)"
    r"|(?P<named>[a-z]{4,})(?P<version>v\d+)"
    r"|(?P<base>[a-z]{3,})(?P<number>\d+[a-z]?)"
)
_INTO_3D = re.compile(  # “image2 3D”: behind these words the digit before a dimension is no version
    "(?:audio|clip|image|img|mesh|motion|music|panorama|photo|picture|prompt|scene|shape|sketch|speech|text|video)2"
)
_DIMENSIONS = frozenset({"2d", "3d", "4d"})
_VERSION = re.compile(r"v?[0-9]")  # how a version begins
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
    What is too short for such an ending stays: “size”, “pouring”.
    """
    if "our" in word:
        word = _OUR_INSIDE.sub(r"\1or", word)
    if "ae" in word or "oe" in word:
        word = _AE_OE.sub("e", word)
    if ("z" not in word and "our" not in word) or not word.endswith(_SPELT):  # the first tells nearly all
        return word
    if word.endswith(_OUR):
        start = word.rindex("our")
        return f"{word[:start]}or{word[start + 3 :]}" if start > 2 else word
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
            is_to = glued[number : number + 1] == [True] and forms[number + 1] in _DIMENSIONS
            as_to = is_to and _INTO_3D.fullmatch(forms[number])
            forms[number : number + 1] = [inner[0][0], "to"] if as_to else [word for word, _ in inner]
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
        digit = (_DIGITS[found["digit"]], 1)
        return ((left, len(left)), digit, (right, len(right)), *([(count, len(count))] if count else []))
    return tuple((part, len(part)) for part in found.groups() if part)


@lru_cache(maxsize=10_000)
def without_version(term: tuple[str, ...]) -> tuple[str, ...]:
    """The name in `term` if a version of it is all that it says, else nothing.

    “wav2vec2”, “DINOv3” and “Llama 3.1” say so; “level 4”, “MATH500” and “large-v3” do not, where the word is
    no name of what has versions.
    """
    first = next((n for n, word in enumerate(term) if n and _VERSION.match(word)), 0)
    name, version = term[:first], term[first:]
    if not name or not all(n.isdecimal() for n in (version[0].removeprefix("v"), *version[1:])):
        return ()
    if len(name) == 1:
        known = name[0] in _word_forms().names
        told = version[0][0] == "v" and (known or stem(name[0]) not in _word_forms().common)
        return name if told or (known and len(version[0]) == 1) else ()
    return name if len(name) == 3 and name[1] == "to" and version[0].isdecimal() else ()


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

    def has_version(self, position: int) -> bool:
        """Whether the word there is followed by a version, as in “DINO v2”."""
        return bool(self.joined[position]) and _VERSION.match(self.forms[position + 1]) is not None

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
        found = match.group()
        for _, length in () if found.isalpha() else _inner(fold(found), end - start):
            yield start, start + length
            start += length
        if start < end:
            yield start, end
