"""Whether /explore/ finds what a reader has in mind. `python -m tests.bench.exploring CORPUS SEEDS`

A simulated reader has a query in mind: a preset topic, a keyword that the source gave to papers, or a topic
together with a keyword; it keeps 1 to 25 % of a month's papers. Shown twenty papers as the page shows them,
or twenty more as often as the page offers that, they tick what their query keeps, but for one in ten, and one
in fifty of the others. Found: one of the five proposals keeps nearly the same papers (Jaccard). Everything is
drawn from seeds. Prints a table in Markdown; with a third argument, of the months that the numbers were
chosen on.
"""

import gzip
import json
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from digest.lib.jsonl import PlainPaper
from digest.matching import Query, QuerySyntaxError, parse_query
from digest.matching.index.paper_index import Index
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.proposing.engine import bits_in, proposals_for
from digest.matching.proposing.proposals import Ticks
from digest.matching.proposing.shown import diverse
from digest.matching.query.shipped_topics import PRESETS

LEAST_PAPERS = 300  # of a month that counts
NARROWEST, WIDEST = 0.01, 0.25
FORGOTTEN, BY_THE_WAY = 0.1, 0.02
SHOWN = 20
PAGES = 3
EXACTLY, NEARLY = 0.9, 0.5  # Jaccard
KINDS = ("a topic", "a keyword", "a topic and a keyword")
TOPICS = [parse_query(f"topic:{preset.slug}") for preset in PRESETS]


class Month(NamedTuple):
    """The papers of a month, best first, their keywords, and in which order the page shows them."""

    papers: Sequence[PlainPaper]
    indexed: Index
    keywords: Sequence[str]
    shown: Sequence[int]


class Tried(NamedTuple):
    kind: str
    pages: int
    ticked: int
    best: float
    caught: float


def months(corpus: Path) -> Iterator[Month]:
    by_month = defaultdict(list)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            by_month[entry["day"][:7]].append(entry)
    for _, entries in sorted(by_month.items()):
        if sum(bool(entry["keywords"]) for entry in entries) < LEAST_PAPERS / 2:
            continue
        entries.sort(key=lambda entry: (-(entry["upvotes"] or 0), entry["id"]))
        papers = [
            PlainPaper(e["id"], " ".join(e["title"].split()), e["abstract"], upvotes=e["upvotes"])
            for e in entries
        ]
        index = index_of(papers)
        kept = bits_in(index, TOPICS)
        groups = [[n for n in range(len(papers)) if bits >> n & 1] for bits in kept]
        groups.append([n for n in range(len(papers)) if not any(bits >> n & 1 for bits in kept)])
        shown = diverse(groups, dict(enumerate(papers)), SHOWN * PAGES)
        keywords = Counter(word.casefold() for entry in entries for word in entry["keywords"] or ())
        yield Month(papers, index, [word for word, number in keywords.items() if number > 2], shown)


def interests(month: Month) -> Iterator[tuple[str, Query, int]]:
    """What readers may have in mind: a kind, a query, and the papers that it keeps."""
    words = []
    for word in sorted(month.keywords):
        try:
            words.append(parse_query('"' + word.replace('"', "") + '"'))
        except QuerySyntaxError:
            continue
    both = [parse_query(f"{topic} {word}") for topic in TOPICS for word in words]
    for kind, queries in zip(KINDS, (TOPICS, words, both), strict=True):
        for query, kept in zip(queries, bits_in(month.indexed, queries), strict=True):
            if NARROWEST <= kept.bit_count() / len(month.papers) <= WIDEST:
                yield kind, query, kept


def tried(month: Month, kind: str, wanted: int, chance: random.Random) -> Iterator[Tried]:
    ticked: set[int] = set()
    for page in range(PAGES):
        for n in month.shown[page * SHOWN : (page + 1) * SHOWN]:
            if chance.random() < (1 - FORGOTTEN if wanted >> n & 1 else BY_THE_WAY):
                ticked.add(n)
        if not any(wanted >> n & 1 for n in ticked):
            continue
        over = sum(1 << n for n in month.shown[: (page + 1) * SHOWN] if n not in ticked)
        mask = sum(1 << n for n in ticked)
        found = proposals_for(
            [month.papers[n] for n in sorted(ticked)],
            TOPICS,
            Ticks(mask, over, len(month.papers)),
            lambda queries: bits_in(month.indexed, queries),
        )
        kept = bits_in(month.indexed, [one.query for one in found])
        best = max(((bits & wanted).bit_count() / (bits | wanted).bit_count() for bits in kept), default=0.0)
        together = 0
        for bits in kept:
            together |= bits
        yield Tried(kind, page + 1, len(ticked), best, (together & mask).bit_count() / len(ticked))


def simulated(corpus: Path, seeds: int, *, held_out: bool) -> Iterator[Tried]:
    for number, month in enumerate(months(corpus)):
        if number % 2 != held_out:  # the numbers of `proposals` were chosen on the other months
            continue
        possible = defaultdict(list)
        for kind, _, kept in interests(month):
            possible[kind].append(kept)
        for seed in range(seeds):
            chance = random.Random(f"{number} {seed}")
            for kind in KINDS:
                yield from tried(month, kind, chance.choice(possible[kind]), chance)


def row(rows: Sequence[Tried], name: str) -> str:
    same, nearly = ([each.best >= least for each in rows] for least in (EXACTLY, NEARLY))
    shares = (statistics.fmean(each) for each in (same, nearly, [each.caught for each in rows]))
    figures = " | ".join(f"{share:.0%}" for share in shares)
    return f"| {rows[0].kind} | {rows[0].pages * SHOWN} | {name} | {len(rows)} | {figures} |"


def main() -> None:
    started = time.thread_time()
    results = list(simulated(Path(sys.argv[1]), int(sys.argv[2]), held_out=not sys.argv[3:]))
    table = ["| in mind | shown | ticked | readers | the same among five | nearly | ticked papers caught |"]
    table.append("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        for pages in range(1, PAGES + 1):
            for low, high, name in ((1, 2, "1 or 2"), (3, SHOWN * PAGES, "3 or more")):
                rows = [r for r in results if (r.kind, r.pages) == (kind, pages) and low <= r.ticked <= high]
                table += [row(rows, name)] if rows else []
    spent = (time.thread_time() - started) / max(len(results), 1)
    sys.stdout.write("\n".join([*table, f"\n{spent:.2f} s each\n"]))


if __name__ == "__main__":
    main()
