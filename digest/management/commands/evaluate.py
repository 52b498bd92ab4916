"""`manage.py evaluate [LABELS]`: how well the preset topics are given, against labelled papers."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.archive.topic_trial import unseen
from digest.ingestion.shipped_topics import PRESETS
from digest.management.json_lines import papers_in
from digest.matching.percolator.topic_assignment import topics_of
from digest.matching.topics.evaluation import Evaluation, evaluate


class Command(BaseCommand):
    help = "Precision, recall and F1 per topic on labelled papers (id, title, abstract, topics, ambiguous)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        shipped = "without it, the shipped labels of stored papers that the model did not learn from"
        parser.add_argument(
            "labels", metavar="LABELS", nargs="?", help=f"JSON Lines; - for standard input; {shipped}"
        )
        parser.add_argument("--json", action="store_true", help="print it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        papers = papers_in(options["labels"]) if options["labels"] else unseen()
        if not papers:
            where = "in the file" if options["labels"] else "stored here that the model did not learn from"
            raise CommandError(f"There is no labelled paper {where}.")
        weighed = topics_of(papers)
        given = {paper.key: set(found) for paper, found in zip(papers, weighed, strict=True)}
        slugs = [preset.slug for preset in PRESETS]
        full, clear = (evaluate(papers, given, slugs, with_ambiguous=both) for both in (True, False))
        if options["json"]:
            self.stdout.write(json.dumps({"all": _figures(full), "without_ambiguous": _figures(clear)}))
            return
        self.stdout.write(f"{len(papers)} papers             all pairs           without ambiguous pairs")
        self.stdout.write("                        P     R    F1           P     R    F1")
        for slug in slugs:
            columns = [
                f"{s.precision:5.2f} {s.recall:5.2f} {s.f1:5.2f}"
                for s in (full.scores[slug], clear.scores[slug])
            ]
            self.stdout.write(f"{slug:22} {columns[0]}       {columns[1]}")
        self.stdout.write(f"{'macro F1':22} {full.macro_f1:17.3f}       {clear.macro_f1:17.3f}")


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    scores = {
        slug: {"precision": round(s.precision, 4), "recall": round(s.recall, 4), "f1": round(s.f1, 4)}
        for slug, s in evaluation.scores.items()
    }
    return {"topics": scores, "macro_f1": round(evaluation.macro_f1, 4)}
