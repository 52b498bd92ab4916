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

from digest import sources
from digest.archive import search
from digest.ingestion import fetchers, store
from digest.models import Source
from digest.sources import ParsedEdition, SourceChanged, SourceUnavailable


class Command(BaseCommand):
    help = "Ingest an edition from a file, a URL, - (standard input) or a source; the format is detected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="WHAT", help="file, URL, - or the name of a source")
        parser.add_argument("--date", type=date.fromisoformat, help="the edition's day, YYYY-MM-DD")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")
        parser.add_argument(
            "--no-release", action="store_true", help="store only: what is listed goes to no reader"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object per paper")

    def handle(self, *args: Any, **options: Any) -> None:
        day: date | None = options["date"]
        now = timezone.now()
        what, stored = str(options["what"]), not options["dry_run"]
        try:
            if self.is_name(what):
                source = self.configured(what, stored=stored)
                day = day or now.date()
                raw = fetchers.answer(day)
            else:
                source, raw = None, self.read(what)
            parsed = sources.parse(raw, today=now.date(), day=day)
            summary = (
                f"{parsed.day}: {len(parsed.papers)} papers ({parsed.format}), "
                f"{len(parsed.rejected)} rejected"
            )
            if stored:
                result = store.store(
                    parsed, raw, source or self.source(parsed), now, release=not options["no_release"]
                )
                summary += f", {result.added} added, {result.new} of them new"
                if options["no_release"]:
                    summary += ", not released"
                search.refresh()
        except (SourceUnavailable, SourceChanged) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{what} cannot be read: {error.strerror}.") from error
        if options["json"]:
            for paper in parsed.papers:
                self.stdout.write(json.dumps(paper.as_json(), ensure_ascii=False))
        (self.stderr if options["json"] else self.stdout).write(summary)

    def is_name(self, what: str) -> bool:
        """Whether `what` can only be the name of a source."""
        return what != "-" and urlsplit(what).scheme not in {"http", "https"} and not Path(what).exists()

    def read(self, what: str) -> bytes:
        """The bytes of a file, a URL or standard input; at most a little more than may be parsed."""
        limit = sources.MAX_BYTES + 1
        if what == "-":
            return sys.stdin.buffer.read(limit)
        if urlsplit(what).scheme in {"http", "https"}:
            return fetchers.fetch_configured(what)
        with Path(what).open("rb") as file:
            return file.read(limit)

    def configured(self, what: str, *, stored: bool) -> Source | None:
        """The source of that name, which can be fetched; None for Hugging Face where it need not be known."""
        if what == Source.Adapter.HUGGINGFACE and not stored:
            return None  # a dry run works without a database
        source = Source.objects.filter(name=what).first()
        if source and source.adapter == Source.Adapter.NONE:
            raise CommandError(f"The source “{what}” is fed by hand: name a file or a URL instead.")
        if source is None and what != Source.Adapter.HUGGINGFACE:
            fetched = Source.objects.exclude(adapter=Source.Adapter.NONE).values_list("name", flat=True)
            names = ", ".join(fetched) or Source.Adapter.HUGGINGFACE
            raise CommandError(f"“{what}” is neither a file, a URL, - nor a source (there is: {names}).")
        return source

    def source(self, parsed: ParsedEdition) -> Source:
        """Where the edition belongs: the site whose format it has, or “records” for this service's own."""
        if parsed.format == "records":
            defaults = {"title": "Imported records", "adapter": Source.Adapter.NONE}
            return Source.objects.get_or_create(name="records", defaults=defaults)[0]
        defaults = {"title": "Hugging Face Daily Papers"}
        return Source.objects.get_or_create(name="huggingface", defaults=defaults)[0]
