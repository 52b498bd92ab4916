"""How the words of a corpus meet: plurals that do not find their singular, strangers that find each other.

    python -m digest.training.word_forms --corpus corpus/papers.jsonl.gz [--pairs pairs.txt]

With `--pairs`, every two words that find each other go to a file, one pair a line: what differs between the
files of two builds is what a change did, to be read as a whole.

Plurals are those that lemminflect knows, a dictionary that matching itself does without: it takes “LLMs” for
a word of its own and changes the case of abbreviations. What it says is for a person to judge, before it goes
into digest/matching/word_forms.tsv.
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from digest.matching.tokenizer import stem, stems_sought, words
from digest.training.examples import Example, read_corpus

LEAST = 5  # papers' words that are rarer are mostly names and slips
# Pairs of words of papers that mean different things and have one Snowball stem.
STRANGERS = (
    "organ organization, universe university, new news, base basis, axe axis, object objective, transform "
    "transformer, experience experiment, import important, integration integrity, integrate integral, "
    "compute computer, position positive, sever several, converse conversation, conversion conversation, "
    "numerical numerous, information informal, person personal, animation animal, format formation, "
    "intern internal, minor minority, major majority, success successive, response responsible, emerge "
    "emergency, critical critic, identical identity, variation variational, author authority, index "
    "indicate, vertical vertex, these theses, live life, leave leaf, additional additive, general "
    "generate, policy police, relative relativity, pour pore, tour tore, source sore, image imagine, text "
    "texture, staff stuff, medium media, cue cure, embed emb, plus plush"
)


def main() -> None:
    """Read and print."""
    arguments = argparse.ArgumentParser(description="How the words of a corpus meet.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--pairs", type=Path)
    given = arguments.parse_args()
    counts = vocabulary(read_corpus(given.corpus))
    pairs = [tuple(pair.split()) for pair in STRANGERS.split(", ")]
    found = [f"{one}/{other}" for one, other in pairs if meet(one, other)]
    print(f"{len(counts)} words in {LEAST} places or more")  # noqa: T201
    print(f"strangers that meet: {len(found)} of {len(pairs)}: {', '.join(found)}")  # noqa: T201
    met = met_pairs(counts)
    print(f"pairs that find each other: {len(met)}")  # noqa: T201
    if given.pairs:
        given.pairs.write_text("".join(f"{pair}\n" for pair in met), encoding="utf-8")
    parted = [f"{form}/{word} ({counts[form]})" for form, word in plurals(counts) if not meet(form, word)]
    print(f"plurals without their singular: {len(parted)}: {', '.join(parted)}")  # noqa: T201


def met_pairs(found: Iterable[str]) -> list[str]:
    """Every two of these words that find each other, as “one/other”, in order."""
    of_stem: dict[str, list[str]] = {}
    for word in sorted(found):
        of_stem.setdefault(stem(word), []).append(word)
    pairs = {
        tuple(sorted((word, other)))
        for words_of in of_stem.values()
        for word in words_of
        for sought in stems_sought(word)
        for other in of_stem.get(sought, ())
        if other != word
    }
    return sorted("/".join(pair) for pair in pairs)


def vocabulary(corpus: Iterable[Example]) -> Counter[str]:
    """The words of letters alone, with how often each stands in the corpus."""
    counts = Counter(word for paper in corpus for word in words(f"{paper.title}\n{paper.abstract}"))
    return Counter(
        {word: count for word, count in counts.items() if count >= LEAST and len(word) > 2 and word.isalpha()}
    )


def plurals(counts: Counter[str]) -> Iterator[tuple[str, str]]:
    """The words of the vocabulary that are another's plural, the most frequent first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lemminflect import getLemma  # noqa: PLC0415  # for training alone
    for form, _ in counts.most_common():
        for word in getLemma(form, upos="NOUN"):
            if word != form and word in counts:
                yield form, word


def meet(one: str, other: str) -> bool:
    """Whether a query with each word finds the other."""
    return all(stem(a) in stems_sought(b) for a, b in pairwise((one, other, one)))


if __name__ == "__main__":
    main()
