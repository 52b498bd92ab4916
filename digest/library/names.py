"""Names of authors as reference formats want them: family name, given names, suffix; a group whole."""

import re
from dataclasses import dataclass

# Written small they belong to the family name: “Ludwig van Beethoven”, “María de la Cruz”.
_PARTICLES = frozenset(
    "'t aan af al av bar bat ben bin bint d' da dal dalla das de degli dei del dela dell' della den der"
    " des di do dos du e el het ibn la las le lo los mac op st. te ten ter und van vande vanden vander"
    " ver vom von y zu zum zur".split()
)
_SUFFIX = re.compile(r"(?:jr|sr)\.?|I{2,3}|IV", re.IGNORECASE)
# What people are not called by. “Ai” is a family name, “AI” is none.
_GROUP = re.compile(
    r"\b(?:alliance|association|authors|center|centre|collaboration|community|consortium|contributors|corporation"
    r"|foundation|gmbh|group|inc|initiative|institute|laboratories|laboratory|labs|ltd|network|organization|project"
    r"|research|team|university|universität|workshop)\b\.?"
    r"|\b(?:(?-i:AI)|Lab)$|^the\s|\band\b|&|\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person by family name, given names and suffix; a group by its whole name in `family`."""

    family: str
    given: str = ""
    suffix: str = ""

    @property
    def inverted(self) -> str:
        """“Davis, Sammy, Jr.”; of a group its name. No part holds a comma, so that each reads back."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix)))


def name(written: str, organization: str | None = None) -> Name:
    """The name that `written` is, in either order; a group if it says so or is the paper's organisation."""
    folded = " ".join(written.split())
    parts = [part.strip() for part in folded.split(",")]
    if folded == organization or _GROUP.search(folded) or len(parts) > 3 or not all(parts):
        return Name(" ".join(filter(None, parts)))
    match parts:
        case [family, suffix] if _SUFFIX.fullmatch(suffix):
            return _in_order(family.split(), suffix)
        case [family, given]:
            return Name(family, given)
        case [family, first, second]:
            suffix_first = _SUFFIX.fullmatch(first)
            return Name(family, second, first) if suffix_first else Name(family, first, second)
        case _:
            words = folded.split()
            if len(words) > 2 and _SUFFIX.fullmatch(words[-1]):
                return _in_order(words[:-1], words[-1])
            return _in_order(words)


def _in_order(words: list[str], suffix: str = "") -> Name:
    """Given names first. The family name is the last word, with the particles before it."""
    start = len(words) - 1
    while start and words[start - 1] in _PARTICLES:
        start -= 1
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)
