"""The abbreviations that the papers of a corpus introduce, counted, to be reviewed before they are offered.

    python -m digest.training.abbreviations --corpus corpus/papers.jsonl.gz

It prints lines as digest/matching/query/abbreviations.tsv has them: short form, long form, in how many papers
the one stands for the other, and how many introduce the short form at all. A person reads them, joins what
means the same (“multimodal LLM”), writes the long form in the singular and leaves out what is no term.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from digest.matching.abbreviations import definitions
from digest.matching.tokenizer import stems, words
from digest.training.examples import Example, read_corpus

LEAST = 3  # papers; what fewer introduce is mostly a name of their own


def main() -> None:
    """Read, count, print."""
    arguments = argparse.ArgumentParser(description="Find the abbreviations of a corpus.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--least", type=int, default=LEAST)
    given = arguments.parse_args()
    for row in mined(read_corpus(given.corpus), given.least):
        print(*row, sep="\t")  # noqa: T201


def mined(corpus: Iterable[Example], least: int = LEAST) -> Iterator[tuple[str, str, int, int]]:
    """Short form, long form, papers of both, papers of the short form; the most frequent short form first."""
    written: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    meant: dict[tuple[str, ...], dict[tuple[str, ...], Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for paper in corpus:
        found = {
            (words(short), tuple(stems(words(long)))): (short, long)
            for text in (paper.title, paper.abstract)
            for short, long in definitions(text)
        }
        for (short_words, long_stems), (short, long) in found.items():
            written[short_words][short] += 1
            meant[short_words][long_stems][" ".join(words(long))] += 1
    for short_words, forms in sorted(written.items(), key=lambda entry: (-entry[1].total(), entry[0])):
        of_short = meant[short_words].values()
        for longs in sorted(of_short, key=lambda counts: -counts.total()):
            if longs.total() >= least:
                short, long = (counts.most_common(1)[0][0] for counts in (forms, longs))
                yield short, long, longs.total(), forms.total()


if __name__ == "__main__":
    main()
