"""A scene: readers who are due, papers that match them, and senders as real processes."""

import json
import os
import signal
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from digest import mail_env
from subscriptions import outbox
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.outbox.leases import FOREIGN
from subscriptions.planning import planner
from subscriptions.relay import open_relay
from tests import factories
from tests.faults.sink import Sink
from tests.services.processes import Service, start_service

LEASE = 2  # seconds: what a dead sender leaves is taken over soon
WORDS = ("agents", "video", "proteins", "robots", "speech", "graphs")
CONNECTIONS = 4  # per sender, at most
State = Delivery.State


@dataclass
class Scene:
    """One database, one sink; `due` is what each reader's digests must bring, by the paper's address."""

    url: str
    sink: Sink
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: timezone.now().replace(microsecond=0))
    due: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    day: int = 0
    _senders: list[Service] = field(default_factory=list)
    _started: int = 0

    # --- Who reads what -----------------------------------------------------------------------

    def readers(self, count: int, **values: Any) -> None:
        """Readers 0 to `count`, each with one or two of the words, due at `now`."""
        sets = [FilterSet.objects.obtain((), words) for words in _tastes()]
        Subscriber.objects.bulk_create(
            Subscriber(
                **{
                    "email": address(number),
                    "email_key": address(number),
                    "state": Subscriber.State.ACTIVE,
                    "filter_set": sets[number % len(sets)],
                    "hour": self.now.hour,
                    "next_digest_at": self.now,
                    "consented_at": self.now,
                }
                | values
            )
            for number in range(count)
        )

    def edition(self, papers: int = 1, titles: Iterable[str] = ()) -> None:
        """Bring out a day's edition with so many papers on each word, and those of further `titles`.

        A reader of two words gets twice as many papers, and a mail brings twelve at most.
        """
        self.day += 1
        wanted = [(word, f"On {word}, study {n} of day {self.day}") for word in WORDS for n in range(papers)]
        wanted += [(word, title) for title in titles for word in WORDS if word in title.split()]
        records, brought = [], defaultdict(set)
        for number, (word, title) in enumerate(wanted):
            paper = f"https://papers.example/{self.day}-{number}"
            records.append(factories.record(title, "We study it.", url=paper))
            brought[word].add(paper)
        day = factories.DAY + timedelta(days=self.day)
        factories.edition(*records, day=day, now=self.now)
        tastes = _tastes()
        for number, email in enumerate(Subscriber.objects.order_by("pk").values_list("email", flat=True)):
            for word in tastes[number % len(tastes)]:
                self.due[email] |= brought[word]

    def next_day(self) -> None:
        """The same hour a day later, when everybody is due again."""
        self.now += timedelta(days=1, minutes=1)

    # --- Who sends ----------------------------------------------------------------------------

    def sender(self, *options: str, **environment: str) -> Service:
        """Start `manage.py send_digests` as of `now`, until all that is due is settled."""
        return self.command("send_digests", "--now", self.now.isoformat(), *options, **environment)

    def command(self, *command: str, **environment: str) -> Service:
        """Start a command of the service on this scene."""
        self._started += 1
        log = self.directory / f"{self._started}.log"
        sender = start_service(command, self.variables | environment, log)
        self._senders.append(sender)
        return sender

    @property
    def variables(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.url,
            "EMAIL_URL": self.sink.url,
            "DATA_DIR": str(self.directory),
            "SECRET_KEY": settings.SECRET_KEY,
            "OUTBOX_LEASE_SECONDS": str(LEASE),
        } | self.environment

    @property
    def journals(self) -> list[Path]:
        """Those of the senders at work, and of those that died."""
        return sorted((self.directory / "outbox").glob("*.journal"))

    def next_sender_settles(self) -> None:
        """The next sender on this machine begins with what the last one left."""
        command = self.command("send_digests", "--now", self.now.isoformat())
        assert command.process.wait(60) == 0, command.output

    def elsewhere(self) -> Path:
        """The DATA_DIR of another machine."""
        directory = self.directory / "elsewhere"
        directory.mkdir(exist_ok=True)
        return directory

    def keep_no_journals(self) -> None:
        """As in a container whose disk does not last."""
        (self.directory / "outbox").write_text("not a directory")

    def send(self, seconds: float = 120, **environment: str) -> dict[str, float]:
        """Send all that is due and return the summary of the command."""
        sender = self.sender("--wait", "--json", **environment)
        assert sender.process.wait(seconds) == 0, sender.output
        summary: dict[str, float] = json.loads(sender.output)
        return summary

    def send_the_next_day(self) -> None:
        """A day later, with a new edition and a relay in good health: what is still owed comes now.

        In this process, and nobody else works any more: nothing is to go wrong now.
        """
        for sender in self._senders:
            sender.end(signal.SIGTERM)
        self.sink.script, self.sink.pause = None, 0
        self.next_day()
        self.edition()
        with override_settings(EMAIL_URL=self.sink.url, EMAIL_RELAYS=[mail_env.email_relay(self.sink.url)]):
            outbox.reclaim_expired(timezone.now())
            planner.plan(self.now)
            relay = open_relay()
            outbox.deliver(relay)
            relay.close()

    def freeze(self, sender: Service) -> None:
        """Stop `sender` as long sleep does, while it holds no lock: SQLite has one for everybody."""
        sender.process.send_signal(signal.SIGSTOP)
        while not self._writable():
            sender.process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
            sender.process.send_signal(signal.SIGSTOP)

    def _writable(self) -> bool:
        if not self.url.startswith("sqlite"):
            return True
        try:
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=0.2)) as connection:
                connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    def clear(self) -> None:
        """End what still runs, each by its own id; what the last ones printed is shown if the test failed."""
        for sender in self._senders:
            if sender.process.poll() is None:
                os.killpg(sender.process.pid, signal.SIGKILL)
                sender.process.wait(10)
        for sender in self._senders[-5:]:
            print(f"{sender.process.args!r} printed:\n{sender.output}")  # noqa: T201


def address(number: int) -> str:
    return f"reader-{number}@readers.example"


def states() -> dict[str, str]:
    """The state of each reader's newest delivery, by the number of the reader."""
    rows = Delivery.objects.order_by("pk").values_list("subscriber__email", "state")
    return {email.partition("@")[0].removeprefix("reader-"): state for email, state in rows}


def leases_run_out(ago: timedelta = FOREIGN) -> None:
    """As if the time of all leases had passed so long ago: by default, that any machine may settle them."""
    past = timezone.now() - ago - timedelta(seconds=1)
    Delivery.objects.exclude(leased_until=None).update(leased_until=past)


def backoffs_end() -> None:
    """As if the time to try again had come for all that was deferred."""
    Delivery.objects.filter(state=State.DEFERRED).update(not_before=timezone.now())


def short_directory() -> Path:
    """A new directory with a path short enough for sockets."""
    return Path(tempfile.mkdtemp(prefix="faults-"))


def _tastes() -> list[tuple[str, ...]]:
    """The words of readers 0, 1, 2 …, then from the beginning again."""
    singles = [(word,) for word in WORDS]
    return [*singles, *((word, WORDS[(n + 2) % len(WORDS)]) for n, word in enumerate(WORDS))]
