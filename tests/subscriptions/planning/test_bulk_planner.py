"""Planned together or one by one, every reader gets the same: the slow way is the measure of the fast one."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from digest.lib.counting import number_of
from digest.models import Paper, Selection, Topic, newest_release
from digest.models.heartbeat import HeartbeatManager
from subscriptions.accounts import data_rights, preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Run, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import bulk_planner, bulk_statements, planner
from subscriptions.planning.planner import Planned, plan, plan_singly
from subscriptions.planning.progress import progress_of
from subscriptions.planning.runs import Planning
from tests.factories import DAY, NOW, edition, reader, record, topic

pytestmark = pytest.mark.django_db
DAYS = 6
WORDS = "agents robots boats quantization memory video".split()
QUERIES = ("agents upvotes>=50", "robots comments>2", "boats -video", "memory OR video", "upvotes<20 agents")
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York")
FATES = ["accepted"] * 6 + ["unknown", "deferred", "pending", "leased", "handing", "refused", "stopped"]


class World:
    """Readers whose digests meet all fates, over some days of growing editions."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.topics = [topic(word, word) for word in WORDS[:3]]
        for number in range(12):
            reader(
                f"reader{number}@readers.example",
                *self.choice(),
                schedule=self.schedule(),
                volume=self.chance.choice([None, None, 1, 2]),
                language=self.chance.choice(["en", "en", "de"]),
            )

    def choice(self) -> tuple[list[Topic], list[str]]:
        some = self.chance.sample(self.topics, self.chance.randint(0, 2))
        return some, self.chance.sample(QUERIES, self.chance.randint(0 if some else 1, 2))

    def schedule(self) -> Schedule:
        rhythm = self.chance.choice(list(Rhythm))
        return Schedule(
            self.chance.choice(ZONES), self.chance.randint(5, 9), rhythm, self.chance.randint(0, 6)
        )

    def publish(self, day: int) -> None:
        """Today's edition, and yesterday's again with other votes and another abstract."""
        for age in (0, 1):
            papers = [
                record(
                    f"Paper {day - age}.{number} on {random.Random(day - age + number).choice(WORDS)}",
                    abstract=self.chance.choice(["", "It also has agents.", "It also has video."]),
                    upvotes=self.chance.choice([None, 5, 30, 60]),
                    comments=self.chance.choice([0, 3]),
                )
                for number in range(4)
            ]
            edition(*papers, day=DAY + timedelta(days=day - age))

    def live(self, day: int) -> None:
        """What becomes of the digests of that day, and what the readers do meanwhile."""
        for delivery in Delivery.objects.filter(state__in=["pending", "deferred", "leased", "handing"]):
            fate = self.chance.choice(FATES)
            if fate == "stopped":
                Delivery.objects.filter(pk=delivery.pk).update(
                    state="skipped", reason="stopped by the operator"
                )
            else:
                Delivery.objects.filter(pk=delivery.pk).update(state=fate)
        for subscriber in Subscriber.objects.all():
            move = self.chance.randint(0, 11)
            if move == 0:
                topics, queries = self.choice()
                choices = Choices(tuple(topics), tuple(queries), subscriber.schedule)
                preferences.save(subscriber, choices, NOW + timedelta(days=day))
            elif move == 1:
                Subscriber.objects.filter(pk=subscriber.pk).update(returning=True)
            elif move == 2:  # the clock went back
                had = subscriber.deliveries.order_by("pk").last()
                if had:
                    Subscriber.objects.filter(pk=subscriber.pk).update(next_digest_at=had.due_at)


def outcome() -> tuple[list[Any], list[Any]]:
    """All that planning is to decide."""
    deliveries = Delivery.objects.order_by("subscriber", "due_at").values_list(
        "subscriber", "due_at", "state", "reason", "selection__key", "carried_by__due_at", "run__moment",
        "priority", "attempts", "worker",
    )  # fmt: skip
    readers = Subscriber.objects.order_by("pk").values_list("pk", "covered", "returning", "next_digest_at")
    return list(deliveries), list(readers)


def undone(act: Callable[[], object]) -> tuple[list[Any], list[Any]]:
    """The outcome of `act`, which then has not happened."""
    with transaction.atomic():
        act()
        found = outcome()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=pytest.mark.faults) for n in range(4, 40))]
)
def test_both_ways_decide_the_same_for_random_readers_histories_and_exceptions(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_planner, "CHUNK", 5)
    monkeypatch.setattr(bulk_planner, "REQUESTS", 2)
    world = World(seed)
    for day in range(DAYS):
        world.publish(day)
        now = NOW + timedelta(days=day)
        slow = undone(partial(plan_singly, Planning(now, newest_release()), Planned()))
        plan(now)
        assert outcome() == slow
        world.live(day)
    assert Delivery.objects.filter(kind="digest").count() > DAYS


def test_readers_without_exceptions_never_become_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    edition("First agents", "Boats")
    for number in range(30):
        reader(f"reader{number}@readers.example", queries=[f"agents -word{number % 7}"])
    monkeypatch.setattr(planner, "plan_batch", None)
    assert plan(NOW).pending == 30


def test_a_long_plan_shows_life_after_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(HeartbeatManager, "beat", lambda _, name, at, told: seen.append(f"{name}: {told}"))
    monkeypatch.setattr(bulk_planner, "CHUNK", 1)
    monkeypatch.setattr(planner, "BATCH", 1)
    edition("First agents")
    for name in ("ada", "bela", "chidi"):
        reader(f"{name}@readers.example", queries=["agents"])
    plan(NOW)
    assert seen == [f"planner: {number_of(number, 'digest')} planned" for number in (1, 2, 3)]
    seen.clear()
    Subscriber.objects.update(next_digest_at=NOW)  # that moment had its digest: now one by one
    plan(NOW)
    assert seen == [f"planner: {number_of(number, 'digest')} planned" for number in (0, 0, 0, 1, 2, 3)]


def test_a_reader_who_changes_filters_meanwhile_is_planned_with_the_new_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition("Agents", "Boats")
    ada = reader(queries=["agents"])
    insert = bulk_statements.insert_deliveries

    def insert_late(*arguments: Any) -> list[tuple[int, str]]:
        reader_now = Subscriber.objects.get(pk=ada.pk)
        preferences.save(reader_now, Choices((), ("boats",), ada.schedule), NOW)
        return insert(*arguments)

    monkeypatch.setattr(bulk_planner, "insert_deliveries", insert_late)
    assert plan(NOW).pending == 1
    selection = Delivery.objects.get().selection
    assert selection is not None
    assert [filter_["query"] for filter_ in selection.filters] == ["boats"]


def test_a_reader_who_is_erased_between_two_chunks_takes_nobodys_papers_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk_planner, "CHUNK", 1)
    edition("Agents")
    for name in ("ada", "bela", "chidi"):
        reader(f"{name}@readers.example", queries=["agents"])
    for number, _ in enumerate(bulk_planner.plan_together(Planning(NOW, newest_release()))):
        if number == 0:
            data_rights.erase(Subscriber.objects.get(email="ada@readers.example"))
    plan(NOW)  # whoever stayed due
    papers = [d.selection.papers if d.selection else [] for d in Delivery.objects.select_related("selection")]
    assert papers == [[Paper.objects.get().pk]] * 2


def test_a_selection_that_is_deleted_meanwhile_leaves_its_reader_due(monkeypatch: pytest.MonkeyPatch) -> None:
    edition("Agents")
    reader(queries=["agents"])

    def deleted(*arguments: Any) -> dict[int, Selection]:
        found = selections(*arguments)
        Selection.objects.all().delete()
        return found

    selections = planner._selections
    with monkeypatch.context() as patch:
        patch.setattr(planner, "_selections", deleted)
        plan_singly(Planning(NOW, newest_release()), Planned())
    assert not Delivery.objects.exists()
    assert plan(NOW).pending == 1


def test_a_moment_planned_again_goes_on_with_its_run() -> None:
    edition("Agents")
    reader(queries=["agents"])
    plan(NOW)
    reader("late@readers.example", queries=["agents"])
    plan(NOW)
    run = Run.objects.get()
    assert run.deliveries.count() == 2
    assert progress_of([run])[run.pk] == {"pending": 2}


def test_where_nobody_is_due_there_is_no_run() -> None:
    edition("Agents")
    ada = reader(queries=["agents"])
    plan(NOW)
    Delivery.objects.update(state="leased", settled_at=timezone.now())
    plan(NOW + timedelta(minutes=5))
    Subscriber.objects.filter(pk=ada.pk).update(next_digest_at=NOW)
    plan(NOW + timedelta(minutes=6))
    assert Run.objects.count() == 1


@pytest.mark.services
def test_who_shares_is_read_in_one_pass_even_before_the_database_knows_its_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without statistics a plan that is quadratic looks as good as any."""
    monkeypatch.setattr(bulk_planner, "CHUNK", 500)
    edition("Agents")
    filter_set = reader(queries=["agents"]).filter_set
    Subscriber.objects.bulk_create(
        Subscriber(
            email=f"{number}@readers.example",
            email_key=f"{number}@readers.example",
            state="active",
            filter_set=filter_set,
            next_digest_at=NOW,
        )
        for number in range(999)
    )
    blocks = []

    def explained(execute: Callable[..., Any], sql: str, parameters: Any, *others: Any) -> Any:
        if sql.startswith("SELECT DISTINCT"):
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
                blocks.append(cursor.cursor.fetchone()[0][0]["Plan"]["Shared Hit Blocks"])
        return execute(sql, parameters, *others)

    with connection.execute_wrapper(explained):
        assert plan(NOW).pending == 1000
    assert len(blocks) > 2
    assert max(blocks) < 500


def test_open_digests_are_found_by_their_own_index_however_many_are_settled() -> None:
    if connection.vendor == "postgresql":  # a table of no rows it would rather read
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan TO off")
    assert "delivery_of_next" in bulk_planner.sharing(Subscriber.objects.due(NOW), (1, 9)).explain()


def test_due_readers_far_apart_are_all_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_planner, "SPAN", 10)
    edition("Agents")
    first = reader("ada@readers.example", queries=["agents"])
    for place, name in enumerate(("bela", "chidi", "dana"), 1):
        one = reader(f"{name}@readers.example", queries=["agents"])
        Subscriber.objects.filter(pk=one.pk).update(id=first.pk + place * 1000)
    planned = sum(
        (states for states in bulk_planner.plan_together(Planning(NOW, newest_release()))), Counter()
    )
    assert planned == {"pending": 4}
