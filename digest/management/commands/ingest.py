"""`manage.py ingest WHAT`: read a page of papers and store it, or only show what it holds."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest import adapters, ingest, sources
from digest.models import Source
from digest.sources import ParsedEdition, SourceChanged, SourceUnavailable


class Command(BaseCommand):
    help = "Ingest an edition from a file, a URL, - (standard input) or a source; the format is detected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="WHAT", help="file, URL, - or the name of a source")
        parser.add_argument("--date", type=date.fromisoformat, help="the edition's day, YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object per paper")

    def handle(self, *args: Any, **options: Any) -> None:
        day: date | None = options["date"]
        now = timezone.now()
        try:
            raw = self.read(options["what"], day or now.date())
            parsed = sources.parse(raw, today=now.date(), day=day)
        except (SourceUnavailable, SourceChanged) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['what']} cannot be read: {error.strerror}.") from error
        summary = (
            f"{parsed.day}: {len(parsed.papers)} papers ({parsed.format}), {len(parsed.rejected)} rejected"
        )
        if not options["dry_run"]:
            result = ingest.store(parsed, raw, self.source(options["what"], parsed), now)
            summary += f", {result.added} added, {result.new} of them new"
        if options["json"]:
            for paper in parsed.papers:
                self.stdout.write(json.dumps(paper.as_json(), ensure_ascii=False))
        (self.stderr if options["json"] else self.stdout).write(summary)

    def read(self, what: str, day: date) -> bytes:
        """The answer's bytes; at most a little more than may be parsed."""
        limit = sources.MAX_BYTES + 1
        if what == "-":
            return sys.stdin.buffer.read(limit)
        if urlsplit(what).scheme in {"http", "https"}:
            return adapters.fetch_configured(what)
        if Path(what).exists():
            with Path(what).open("rb") as file:
                return file.read(limit)
        if what == Source.Adapter.HUGGINGFACE:
            return adapters.answer(day)
        raise CommandError(f"“{what}” is neither a file, a URL, - nor a source (the source is: huggingface).")

    def source(self, what: str, parsed: ParsedEdition) -> Source:
        """Where the edition belongs: the site whose format it has, or “records” for this service's own."""
        if parsed.format == "records":
            defaults = {"title": "Imported records", "adapter": Source.Adapter.NONE}
            return Source.objects.get_or_create(name="records", defaults=defaults)[0]
        defaults = {"title": "Hugging Face Daily Papers"}
        return Source.objects.get_or_create(name="huggingface", defaults=defaults)[0]
