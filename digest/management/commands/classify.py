"""`manage.py classify FILE`: the preset topics that each paper of a file belongs to."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from digest.management.json_lines import papers_in, reasons_json
from digest.matching.percolator.topic_assignment import topics_of


class Command(BaseCommand):
    help = "Which preset topics each paper of a JSON Lines file (id, title, abstract) belongs to, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- for standard input")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *args: Any, **options: Any) -> None:
        papers = papers_in(options["file"])
        for paper, matches in zip(papers, topics_of(papers), strict=True):
            topics = [
                {"slug": slug, "score": round(found.score, 3), "reasons": reasons_json(found.reasons)}
                for slug, found in matches.items()
            ]
            line = f"{paper.key}  {', '.join(matches) or '–'}  {paper.title}"
            if options["json"]:
                line = json.dumps({"id": paper.key, "topics": topics}, ensure_ascii=False)
            self.stdout.write(line)
