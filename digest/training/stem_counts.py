"""Count in how many papers of a corpus each stem stands, and write digest/matching/ranking/stem_counts.tsv.

    python -m digest.training.stem_counts --corpus corpus/papers.jsonl.gz

The corpus is JSON Lines of id, title and abstract. Stems of fewer than `LEAST` papers are left out: they tell
papers apart no better (docs/ranking.md). So are numbers and single letters.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from digest.matching.ranking.similarity import STEM_COUNTS
from digest.matching.tokenizer import Text
from digest.training.examples import Example, read_corpus

LEAST = 10


def main() -> None:
    """Read, count, write."""
    arguments = argparse.ArgumentParser(description="Count stems.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--output", type=Path, default=STEM_COUNTS)
    given = arguments.parse_args()
    given.output.write_text(stored(read_corpus(given.corpus)), encoding="utf-8")


def stored(corpus: Iterable[Example]) -> str:
    """The number of papers, then each stem with the number of papers that it stands in, sorted."""
    papers = [{*Text(paper.title).stems, *Text(paper.abstract).stems} for paper in corpus]
    counts = Counter(stem for stems in papers for stem in stems)
    lines = [
        f"{stem}\t{count}"
        for stem, count in sorted(counts.items())
        if count >= LEAST and len(stem) > 1 and any(c.isalpha() for c in stem)
    ]
    return "\n".join([f"papers\t{len(papers)}", *lines, ""])


if __name__ == "__main__":
    main()
