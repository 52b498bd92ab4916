"""Papers to match against: the corpus of TEST_DATA, or invented ones of the same size."""

import gzip
import os
import random
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from digest.lib.jsonl import PlainPaper, read_papers
from digest.training.examples import HERE, read_seeds

_SEED = 20251105
_INVENTED = 4000
_VOCABULARY = 12_000
_SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo xu zan mer lin tor".split()


def papers() -> tuple[list[PlainPaper], str]:
    """Papers in an order that is the same in every run, and where they come from."""
    folder = os.environ.get("TEST_DATA")
    if not folder:
        return invented(), f"{_INVENTED:,} invented papers (TEST_DATA is not set)"
    with gzip.open(Path(folder) / "corpus" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = list({paper.key: paper for paper in read_papers(lines)}.values())
    random.Random(_SEED).shuffle(found)
    return found, f"a corpus of {len(found):,} papers"


def fresh(of: list[PlainPaper]) -> list[PlainPaper]:
    """The same papers as new objects: whatever was remembered of the old ones is not known of these."""
    return [replace(paper, title=paper.title + "", abstract=paper.abstract + "") for paper in of]


def invented(count: int = _INVENTED) -> list[PlainPaper]:
    """Papers of random sentences: words of the invented training papers, and many rarer made-up ones.

    Frequencies fall as in life (Zipf), so that bitmaps, postings and candidates have realistic sizes.
    """
    chance = random.Random(_SEED)
    seeds = " ".join(f"{seed.title} {seed.abstract}" for seed in read_seeds(HERE / "seeds.tsv"))
    known = list(dict.fromkeys(word for word in seeds.lower().split() if word.isalpha()))
    made = {"".join(chance.choices(_SYLLABLES, k=chance.randint(2, 5))) for _ in range(_VOCABULARY)}
    words = [*known, *sorted(made - set(known))]
    weights = list(accumulate(1 / rank for rank in range(5, len(words) + 5)))

    def text(length: int) -> str:
        return " ".join(chance.choices(words, cum_weights=weights, k=length))

    return [PlainPaper(f"invented {n}", text(9), f"{text(85)}. {text(85)}.") for n in range(count)]
