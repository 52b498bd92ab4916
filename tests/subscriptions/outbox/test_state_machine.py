"""The outbox against a model: in whatever order things happen, whenever a process dies, the promise holds.

Processes die between any two statements to the database, the relay or the journal: nothing after that point
runs, and what was not committed is rolled back. Machines die, too, and take the end of the journals along.
OUTBOX_MACHINE_RUNS sets how many histories `make faults` tries.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import DjangoDbBlocker

from digest.models import Paper, newest_release
from subscriptions import outbox
from subscriptions.accounts import preferences
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.outbox.journal import file, machine
from subscriptions.outbox.journal.file import JournalFile
from subscriptions.outbox.journal.machine import Machine
from subscriptions.planning.planner import plan
from subscriptions.relay import Cause, LocalMailbox, MessageRefused, Outcome, RelayUnavailable, Verdict
from tests.factories import DAY, NOW, edition, reader, record
from tests.faults.databases import Databases, models_on
from tests.faults.sink import Mail
from tests.subscriptions.outbox.conftest import NO_PLACE

RUNS = int(os.environ.get("OUTBOX_MACHINE_RUNS", "200"))
WORDS = ("agents", "video", "graphs")
READERS = {f"reader-{n}@readers.example": word for n, word in enumerate((*WORDS, WORDS[0]))}
State = Delivery.State
SETTLED = {State.ACCEPTED, State.REFUSED, State.UNKNOWN, State.SKIPPED}


class Answer(Enum):
    """What the relay does with one mail."""

    TAKE = auto()
    TAKE_LATE = auto()  # so late that the leases of the others have run out
    TAKE_IN_SILENCE = auto()
    LOSE_IN_SILENCE = auto()
    LATER = auto()
    NO_SUCH_READER = auto()
    NO_WITHOUT_A_REASON = auto()
    REFUSE_THE_MAIL = auto()
    REFUSE_US = auto()


class Death(BaseException):
    """The process is no more."""


class Life:
    """The steps of one process; it dies before the step of a number, and takes no other after that."""

    def __init__(self, steps: int | None) -> None:
        self._left = steps

    def step(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Death

    def appending(self) -> Callable[[JournalFile, bytes], None]:
        """The method of a journal that writes a record, as a step."""

        def append(journal: JournalFile, record: bytes) -> None:
            self.step()
            _append(journal, record)

        return append

    def statement(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith("ROLLBACK"):  # what the database does by itself when its client is gone
            self.step()
        return execute(sql, *rest)


_append = JournalFile._append


class Relay(LocalMailbox):
    """Answers as it is told, then takes everything; keeps what it took."""

    def __init__(self, life: Life, answers: list[Answer], machine: "Outbox") -> None:
        super().__init__()
        self._life, self._answers, self._machine = life, answers, machine

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        self._life.step()
        answer = self._answers.pop(0) if self._answers else Answer.TAKE
        if answer == Answer.REFUSE_US:
            raise RelayUnavailable("421 4.3.2 going down")
        if answer == Answer.REFUSE_THE_MAIL:
            raise MessageRefused("554 5.6.0 content")
        if answer == Answer.TAKE_LATE:
            self._machine.time_passes(0.1)
        if answer in {Answer.TAKE, Answer.TAKE_LATE, Answer.TAKE_IN_SILENCE}:
            self._machine.take(message, recipient)
        self._life.step()
        return {
            Answer.TAKE: Outcome(Verdict.ACCEPTED, "250 taken"),
            Answer.TAKE_LATE: Outcome(Verdict.ACCEPTED, "250 taken"),
            Answer.LATER: Outcome(Verdict.DEFERRED, "451 later"),
            Answer.NO_SUCH_READER: Outcome(Verdict.REFUSED, "550 5.1.1 no such user", Cause.DEAD),
            Answer.NO_WITHOUT_A_REASON: Outcome(Verdict.REFUSED, "550 no", Cause.UNKNOWN),
        }.get(answer, Outcome(Verdict.UNKNOWN, "connection lost"))


DEATHS = st.none() | st.integers(0, 60)
PAPERS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
SOMEBODY = st.sampled_from(sorted(READERS))
ANSWERS = st.lists(st.sampled_from(Answer) | st.just(Answer.TAKE), max_size=5)


class Outbox(RuleBasedStateMachine):
    """Days of a few readers: what they were owed, what the relay took, and what may be unknown."""

    def __init__(self, databases: Databases, journals: Path | None) -> None:
        super().__init__()
        self.journals, self.boots = journals, 0
        self.owed: dict[str, set[str]] = {address: set() for address in READERS}
        self.taken: list[Mail] = []
        self.unwanted: list[Mail] = []
        self.may_be_unknown = 0  # one for each death and each silence
        self.before: dict[int, str] = {}
        self.undo: dict[str, str] = {}
        self.day = 0
        self.stack = ExitStack()
        url = databases.fresh()
        self.stack.callback(databases.drop, url)
        self.stack.enter_context(models_on(f"{url}?init_command=PRAGMA%20synchronous%3DOFF"))
        self.clock = self.stack.enter_context(time_machine.travel(NOW, tick=False))
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(machine, "since_boot", time.time)
        patch.setattr(file, "this_machine", lambda: Machine("machine", f"boot {self.boots}"))
        self.stack.enter_context(override_settings(OUTBOX_JOURNALS=journals or NO_PLACE))

    @initialize(planner=DEATHS, sender=DEATHS, answers=ANSWERS)
    def readers_who_had_everything_so_far(
        self, planner: int | None, sender: int | None, answers: list[Answer]
    ) -> None:
        edition("Nothing for anybody")
        for address, word in READERS.items():
            reader(address, queries=[word], next_digest_at=timezone.now(), covered=newest_release())
        self.a_day_goes_by(list(WORDS), planner, sender, answers)

    @contextmanager
    def life(self, steps: int | None) -> Iterator[Life]:
        """A process that does what stands below, unless it dies before."""
        life = Life(steps)
        try:
            with connection.execute_wrapper(life.statement), pytest.MonkeyPatch.context() as patch:
                patch.setattr(JournalFile, "_append", life.appending())
                yield life
        except Death:
            self.may_be_unknown += 1

    @rule(words=PAPERS, dies=DEATHS)
    def papers_come(self, words: list[str], dies: int | None) -> None:
        self.day += 1
        papers = {f"https://papers.example/{self.day}-{n}": word for n, word in enumerate(words)}
        records = [record(f"On {word}, {url}", "We study it.", url=url) for url, word in papers.items()]
        with self.life(dies):
            edition(*records, day=DAY + timedelta(days=self.day), now=timezone.now())
        for url in Paper.objects.filter(url__in=papers).values_list("url", flat=True):
            for address, word in READERS.items():
                if word == papers[url]:
                    self.owed[address].add(url)

    @rule(dies=DEATHS)
    def the_due_are_planned(self, dies: int | None) -> None:
        with self.life(dies):
            plan(timezone.now())

    @rule(dies=DEATHS, answers=ANSWERS)
    def a_sender_works(self, dies: int | None, answers: list[Answer]) -> None:
        self.may_be_unknown += sum("SILENCE" in answer.name for answer in answers)
        with self.life(dies) as life:
            outbox.deliver(Relay(life, answers, self))

    def take(self, message: bytes, recipient: str) -> None:
        mail = Mail.of(message, recipient)
        self.taken.append(mail)
        wants_it = Subscriber.objects.filter(email=recipient, state="active").exists()
        if mail.delivery and not wants_it:  # digests; a goodbye is for those who left
            self.unwanted.append(mail)

    @rule(words=st.just(list(WORDS)) | PAPERS, planner=DEATHS, sender=DEATHS, answers=ANSWERS)
    def a_day_goes_by(
        self, words: list[str], planner: int | None, sender: int | None, answers: list[Answer]
    ) -> None:
        self.time_passes(24)
        self.papers_come(words, None)
        self.the_due_are_planned(planner)
        self.a_sender_works(sender, answers)

    @rule(rows=st.integers(1, 5))
    def a_sender_crashes_with_leased_rows(self, rows: int) -> None:
        outbox.claim(rows, "dead", timezone.now())

    @rule(dies=DEATHS)
    def expired_leases_are_reclaimed(self, dies: int | None) -> None:
        with self.life(dies):
            outbox.reclaim_expired(timezone.now())

    @precondition(lambda self: self.journals)
    @rule(kept=st.floats(0, 1), damage=st.sampled_from(["power loss", "torn", "lost"]))
    def a_machine_dies_or_its_disk_does(self, kept: float, damage: str) -> None:
        """With all senders; of each journal they left a part is kept, which may end anywhere."""
        self.may_be_unknown += Delivery.objects.filter(state=State.HANDING).count()
        self.boots += damage == "power loss"
        for path in self.left_behind():
            content = path.read_bytes()
            path.write_bytes(content[: int(kept * len(content))] + b"torn" * (damage == "torn"))
            if damage == "lost":
                path.unlink()

    def left_behind(self) -> list[Path]:
        return sorted(self.journals.glob("*")) if self.journals else []

    @rule(hours=st.sampled_from([0.05, 0.5, 6, 24, 25, 70]))
    def time_passes(self, hours: float) -> None:
        self.clock.shift(timedelta(hours=hours))

    @rule(address=SOMEBODY)
    def a_reader_pauses_or_resumes(self, address: str) -> None:
        subscriber = Subscriber.objects.get(email=address)
        if subscriber.state == Subscriber.State.ACTIVE:
            preferences.pause(subscriber)
        else:
            preferences.resume(subscriber, timezone.now())

    @rule(address=SOMEBODY)
    def a_reader_leaves_or_takes_that_back(self, address: str) -> None:
        subscriber = Subscriber.objects.get(email=address)
        page = f"/u/{signed_links.token('unsubscribe', subscriber)}/"
        if subscriber.state != Subscriber.State.UNSUBSCRIBED:
            answer = Client().post(page).content.decode()
            self.undo[address] = answer.partition('name="undo" value="')[2].partition('"')[0]
        else:  # it holds for an hour
            Client().post(page, {"undo": self.undo[address]})

    @invariant()
    def nothing_went_that_must_not(self) -> None:
        assert not self.unwanted
        ids = Counter(mail.message_id for mail in self.taken)
        assert not ids or max(ids.values()) == 1
        states = dict(Delivery.objects.filter(kind=Delivery.DIGEST).values_list("pk", "state"))
        for pk, state in self.before.items():
            if state in SETTLED:
                found_later = self.journals and (state, states[pk]) == (State.UNKNOWN, State.ACCEPTED)
                assert states[pk] == state or found_later
            elif state == State.HANDING and not self.journals:
                assert states[pk] in {State.HANDING, State.UNKNOWN}
        self.before = states
        gone = {mail.delivery for mail in self.taken if mail.delivery}
        assert {pk for pk, state in states.items() if state == State.ACCEPTED} <= gone
        assert {states[pk] for pk in gone} <= {State.ACCEPTED, State.HANDING, State.UNKNOWN}
        doubtful = {State.UNKNOWN} if self.left_behind() else {State.HANDING, State.UNKNOWN}
        lost_sight_of = sum(state in doubtful for state in states.values())
        assert lost_sight_of <= self.may_be_unknown

    def teardown(self) -> None:
        try:
            self.in_the_end_everybody_has_every_paper_once()
        finally:
            self.stack.close()

    def in_the_end_everybody_has_every_paper_once(self) -> None:
        assert len(self.left_behind()) <= self.may_be_unknown
        for paused in Subscriber.objects.filter(state=Subscriber.State.PAUSED):
            preferences.resume(paused, timezone.now())
        for _ in range(3):
            self.clock.shift(timedelta(hours=25))
            self.papers_come(list(WORDS), None)
            outbox.reclaim_expired(timezone.now())
            plan(timezone.now())
            outbox.deliver(Relay(Life(None), [], self))
        self.nothing_went_that_must_not()
        accepted = set(Delivery.objects.filter(state=State.ACCEPTED).values_list("pk", flat=True))
        certain = Counter(
            (mail.recipient, paper)
            for mail in self.taken
            if mail.delivery in accepted
            for paper in mail.papers
        )
        assert not certain or max(certain.values()) == 1
        stayed = set(Subscriber.objects.filter(state="active").values_list("email", flat=True))
        owed = {(address, paper) for address in stayed for paper in self.owed[address]}
        assert owed <= certain.keys()
        assert not Delivery.objects.exclude(state__in=SETTLED).exists()
        unknown = Delivery.objects.filter(
            state=State.UNKNOWN, kind=Delivery.DIGEST, subscriber__email__in=stayed
        )
        assert not unknown.filter(carried_by=None).exists()


def _new_directory(within: Path) -> Path:
    return Path(mkdtemp(dir=within))


@pytest.mark.parametrize("histories", [10, pytest.param(RUNS, marks=pytest.mark.faults)])
@pytest.mark.parametrize("journal", [True, False])
def test_no_history_loses_a_paper_or_sends_a_mail_twice(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker, histories: int, journal: bool
) -> None:
    always_the_same = histories < RUNS
    with django_db_blocker.unblock():
        databases = Databases(tmp_path, None)
        run_state_machine_as_test(
            lambda: Outbox(databases, _new_directory(tmp_path) if journal else None),  # type: ignore[arg-type]  # called without arguments
            settings=settings(
                max_examples=histories,
                stateful_step_count=20,
                deadline=None,
                derandomize=always_the_same,
                phases=[Phase.generate, *([] if always_the_same else [Phase.shrink])],  # which takes minutes
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
