"""What Snowball does not know of English words: word_forms.tsv, and how Greek letters are called."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_ROWS = Path(__file__).with_name("word_forms.tsv")
_COMMON = Path(__file__).with_name("ranking") / "stem_counts.tsv"  # stems of many papers
_APART = "={}="  # a stem that no word has by itself, and that Snowball leaves alone
_IN_COMPOUNDS = 7  # letters of a form that may end a longer word: “submatrices”
_TAIL = 5  # of those a look at the last letters tells nearly all other words
_GREEK = re.compile("[α-ω]")


@dataclass(frozen=True)
class WordForms:
    """`written` has other words for some before stemming, `stems` other stems for some after it.

    `also` has for a stem those of the words that may be forms of the same word, or that it may be a form of.
    `names` are those whose versions are numbered; what else is `common`, by its stem, is no name.
    """

    written: Mapping[str, str]
    stems: Mapping[str, str]
    also: Mapping[str, tuple[str, ...]]
    compounds: Mapping[str, tuple[tuple[str, str], ...]]
    names: frozenset[str]
    common: frozenset[str]

    def as_written(self, folded: str) -> str | None:
        """The word to stem for this one; None if it is not in the table."""
        if word := self.written.get(folded):
            return word
        if compounds := self.compounds.get(folded[-_TAIL:]):
            for form, word in compounds:
                if folded.endswith(form):
                    return folded.removesuffix(form) + word
        if not folded.isascii():
            named, letters = _GREEK.subn(lambda letter: self.written[letter[0]], folded)
            return named if letters == 1 and named.isascii() else None  # else a word of another script
        return None


def read_word_forms(snowball: Callable[[str], str]) -> WordForms:
    """The table; `snowball` stems a word that it does not name."""
    written: dict[str, str] = {}
    stems: dict[str, str] = {}
    also: dict[str, tuple[str, ...]] = {}
    compounds: dict[str, tuple[tuple[str, str], ...]] = {}
    rows = [row for row in _ROWS.read_text(encoding="utf-8").splitlines() if not row.startswith("#")]
    for row in rows:
        kind, _, named = row.partition("\t")
        word, *forms = named.split()
        match kind:
            case "plural":
                for form in forms:
                    written[form] = word
                    if len(form) >= _IN_COMPOUNDS:
                        tail = form[-_TAIL:]
                        compounds[tail] = (*compounds.get(tail, ()), (form, word))
            case "spelling":
                for form in forms:
                    if form.isascii():
                        stems[snowball(form)] = snowball(word)
                    else:
                        written[form] = word
            case "two":
                written[word] = _APART.format(word)
                own, others = written[word], [snowball(form) for form in forms]
                also[own] = tuple(others)
                also |= {other: (*also.get(other, ()), own) for other in others}
            case "apart":
                written |= dict.fromkeys((word, *forms), _APART.format(word))
    names = (name for row in rows if row.startswith("name\t") for name in row.split()[1:])
    common = (row.partition("\t")[0] for row in _COMMON.read_text(encoding="utf-8").splitlines())
    return WordForms(written, stems, also, compounds, frozenset(names), frozenset(common))
