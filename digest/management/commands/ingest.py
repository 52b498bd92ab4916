"""`manage.py ingest WHAT`: read the papers of one day and store them, or only show them."""

import json
import sys
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest import sources
from digest.archive import indexing
from digest.ingestion import checks, fetchers, raw_answers, store
from digest.lib.counting import number_of
from digest.models import Source
from digest.sources import SourceChanged, SourceUnavailable, registry
from digest.sources.adapter import Adapter

_PARTLY = ("dry_run", "no_release", "json")  # options that concern the papers of one day


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
        now, stored = timezone.now(), not options["dry_run"]
        what = str(options["what"])
        try:
            if self.is_name(what) and not any(options[name] for name in ("date", *_PARTLY)):
                self.check_source(what, now)
                return
            source: Source | None = None
            raw: bytes | None = None
            day = options["date"]
            if self.is_name(what):
                source, adapter = self.named(what, stored=stored)
                day = day or now.date()
                parsed, parts = fetchers.fetch_day(adapter, day, now)
            else:
                raw = self.read(what)
                parsed = sources.parse(raw, today=now.date(), day=day)
            summary = (
                f"{parsed.day}: {number_of(len(parsed.papers), 'paper')} ({parsed.format}), "
                f"{len(parsed.rejected)} rejected"
            )
            if stored:
                source = source or Source.objects.standard(registry.adapter_reading(parsed.format))
                release = not options["no_release"]
                if raw is None:
                    raw_answers.keep(source, day, parts, parsed.format, now)
                    result = store.store(parsed, source, now, release=release)
                else:
                    result = store.ingest(raw, source, now, day, release=release)
                summary += f", {result.added} added, {result.new} of them new"
                if options["no_release"]:
                    summary += ", not released"
                indexing.refresh()
        except (SourceUnavailable, SourceChanged) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{what} cannot be read: {error.strerror}.") from error
        if options["json"]:
            for paper in parsed.papers:
                self.stdout.write(json.dumps(paper.as_json(), ensure_ascii=False))
        (self.stderr if options["json"] else self.stdout).write(summary)

    def check_source(self, name: str, now: datetime) -> None:
        """Fetch all that a source lists now, and the days that it was not asked for in time."""
        source, adapter = self.named(name, stored=True)
        source = source or Source.objects.standard(adapter)
        results = checks.check(source, now)
        if not results:
            self.stdout.write(f"{source.name}: nothing to ask for yet, it was asked a short while ago")
            return
        indexing.refresh()
        listed, added, new = (
            sum(getattr(result, name) for result in results) for name in ("listed", "added", "new")
        )
        self.stdout.write(f"{source.name}: {number_of(listed, 'paper')}, {added} added, {new} of them new")

    def is_name(self, what: str) -> bool:
        """Whether `what` can only be the name of a source."""
        return what != "-" and urlsplit(what).scheme not in {"http", "https"} and not Path(what).exists()

    def read(self, what: str) -> bytes:
        """The bytes of a file, a URL or standard input; at most a little more than may be parsed."""
        limit = sources.MAX_BYTES + 1
        if what == "-":
            return sys.stdin.buffer.read(limit)
        if urlsplit(what).scheme in {"http", "https"}:
            return fetchers.fetch_address(what)
        with Path(what).open("rb") as file:
            return file.read(limit)

    def named(self, what: str, *, stored: bool) -> tuple[Source | None, Adapter]:
        """The source of that name, and its adapter; only the adapter if the source is not stored yet."""
        fetchable = {
            adapter.name: adapter
            for adapter in registry.ADAPTERS
            if adapter.fetch_day and not any(setting.required for setting in adapter.settings)
        }
        if what in fetchable and not stored:
            return None, fetchable[what]  # a dry run works without a database
        source = Source.objects.filter(name=what).first()
        if source is None and what in fetchable:
            return None, fetchable[what]
        if source is None:
            names = ", ".join(fetchers.fetchable().values_list("name", flat=True) or fetchable)
            raise CommandError(f"“{what}” is neither a file, a URL, - nor a source (there is: {names}).")
        if source.adapter in registry.fed_by_hand():
            raise CommandError(f"The source “{what}” is fed by hand: name a file or a URL instead.")
        return source, fetchers.adapter_of(source)
