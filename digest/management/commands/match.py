"""`manage.py match QUERY`: which papers a query keeps, and why."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from digest.lib.counting import number_of
from digest.management.json_lines import papers_in, reasons_json
from digest.matching import Explanation, PaperText, QuerySyntaxError, parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper
from digest.models.paper import LISTED
from digest.selection.liked_papers import known


class Command(BaseCommand):
    help = "Print the papers that a query keeps: of all that are stored, or of a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("query", metavar="QUERY")
        parser.add_argument(
            "--papers", metavar="FILE", help="JSON Lines with id, title and abstract; - for stdin"
        )
        parser.add_argument("--explain", action="store_true", help="also say why, and what the others lack")
        parser.add_argument("--json", action="store_true", help="one line per matching paper: id and reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            query = known(parse_query(options["query"]), options["query"])
        except QuerySyntaxError as error:
            raise CommandError(f"{error.problem}. {error.hint}\n{error.caret()}") from error
        named = options["papers"]
        papers: list[PaperText] = [
            *(papers_in(named) if named else Paper.objects.filter(LISTED).order_by("pk"))
        ]
        percolator = Percolator.of({"query": query})
        kept = {id(match.paper) for match in percolator.match(papers).get("query", ())}  # keys may repeat
        for paper in papers:
            if id(paper) in kept or (options["explain"] and not options["json"]):
                explanation = (
                    Explainer(paper).explain(query) if options["explain"] or options["json"] else None
                )
                self.stdout.write(self.line(paper, explanation, options["json"]))
        if not options["json"]:
            self.stdout.write(f"{len(kept)} of {number_of(len(papers), 'paper')}")

    def line(self, paper: PaperText, explanation: Explanation | None, as_json: bool) -> str:
        if explanation is None:
            return f"{paper.key}  {paper.title}"
        if as_json:
            return json.dumps(
                {"id": paper.key, "reasons": reasons_json(explanation.reasons)}, ensure_ascii=False
            )
        if explanation.kept:
            why = "; ".join(f"{reason.field}: {reason.text}" for reason in explanation.reasons)
            return f"+ {paper.key}  {paper.title}\n    {why}"
        missing = " and ".join(explanation.missing)
        return f"- {paper.key}  {paper.title}\n    lacks {missing}"
