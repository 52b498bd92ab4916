"""The order of digests with readers' votes and without: simulated readers, replayed (docs/ranking.md)."""

from tests.bench import libraries
from tests.bench.corpus import corpus_for
from tests.bench.ranking import READERS, SEEDS, measure
from tests.bench.replay import read
from tests.bench.report import Report, Table


def run(report: Report) -> None:
    table = Table(
        "Digests of simulated readers: nDCG@10 and AUC, means over seeds ± their deviation",
        ("votes before", "digests", "order", "nDCG@10", "AUC"),
    )
    corpus = corpus_for(table)
    if corpus is None:
        report.add(table)
        return
    report.progress("reading papers")
    papers = read(corpus)
    report.progress("replaying readers")
    for row in measure(papers, SEEDS[:2] if report.quick else SEEDS, 5 if report.quick else READERS):
        for order, (mean, deviation) in row.ndcg.items():
            auc, spread = row.auc[order]
            table.row(
                row.votes, row.digests, order, f"{mean:.3f} ± {deviation:.3f}", f"{auc:.3f} ± {spread:.3f}"
            )
    report.add(table)
    report.progress("replaying readers who start from a library")
    starts = Table(
        "Readers who start from a library: digests of the second half of the year, and all its papers",
        ("papers of the library", "order", "nDCG@10", "AUC"),
    )
    rows, kept = libraries.measure(
        papers, SEEDS[:2] if report.quick else SEEDS, 5 if report.quick else READERS
    )
    for start in rows:
        (auc, spread), (gain, deviation) = start.auc, start.ndcg
        starts.row(start.size, start.order, f"{gain:.3f} ± {deviation:.3f}", f"{auc:.3f} ± {spread:.3f}")
    for one in kept:
        share, precision = f"{one.share:.1%}", f"{one.precision:.0%}"
        starts.note(
            f"{one.size} papers: {share} of all papers are as like as {one.threshold}, {precision} worth it"
        )
    report.add(starts)
