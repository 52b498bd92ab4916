"""Trending: the most upvoted papers of the last two days, whatever their topic, each once to a reader."""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from digest.compose import compose_digest
from digest.models import Paper, Release, Selection
from digest.selection.content import Reading
from digest.selection.requests import ALL
from digest.web import branding
from subscriptions.accounts import preferences
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import planner
from subscriptions.planning.planner import next_selection, plan
from tests.factories import DAY, NOW, edition, reader, record, source, topic

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def trending(most: int = 3, address: str = "ada@readers.example", **chosen: Any) -> Subscriber:
    choices = {key: chosen.pop(key) for key in ("exclude", "least_upvotes") if key in chosen}
    return reader(address, chosen={"trending": most} | choices, **chosen)


def papers(
    now: datetime = NOW,
    *,
    of: str = "huggingface",
    day: date | None = None,
    names: Mapping[str, int] | None = None,
    **votes: int | None,
) -> None:
    """An edition that lists papers by these names, with so many upvotes."""
    listed = (
        record(name.capitalize(), upvotes=number) for name, number in {**votes, **(names or {})}.items()
    )
    edition(*listed, day=day or now.date(), now=now, of=of)


def mail(subscriber: Subscriber, now: datetime = NOW) -> list[str]:
    """The titles in the digest of that moment, which the relay accepts."""
    plan(now)
    Delivery.objects.filter(state="pending").update(state="accepted", settled_at=timezone.now())
    digest = subscriber.deliveries.order_by("pk").last()
    assert digest is not None
    assert digest.selection is not None
    return titles(digest.selection)


def titles(selection: Selection) -> list[str]:
    known = Paper.objects.in_bulk(selection.papers)
    return [known[item["paper"]].title for item in selection.items]


def text_of(selection: Selection) -> str:
    content = Reading().content_of(selection)
    return " ".join(compose_digest(content, branding.current()).text.split())


def test_a_reader_of_trending_gets_the_most_upvoted_papers_whatever_their_topic() -> None:
    ada = trending(3)
    papers(agents=3, audio=40, graphs=9, robots=25)
    assert mail(ada) == ["Audio", "Robots", "Graphs"]


def test_all_brings_all_papers_of_the_two_days() -> None:
    ada = trending(ALL)
    papers(agents=3, audio=40, graphs=9)
    assert mail(ada) == ["Audio", "Graphs", "Agents"]


def test_papers_that_a_reader_had_make_room_for_the_next() -> None:
    ada = trending(2)
    papers(agents=30, audio=40, graphs=20, robots=10)
    assert mail(ada) == ["Audio", "Agents"]
    papers(NOW + 20 * HOUR, speech=15)
    assert mail(ada, NOW + 24 * HOUR) == ["Graphs", "Speech"]


def test_a_paper_that_rises_into_the_top_comes_once() -> None:
    ada = trending(1)
    papers(agents=30, audio=5)
    assert mail(ada) == ["Agents"]
    papers(NOW + 20 * HOUR, agents=31, audio=90, day=DAY)
    assert mail(ada, NOW + 24 * HOUR) == ["Audio"]
    papers(NOW + 40 * HOUR, agents=32, audio=99, day=DAY)
    assert mail(ada, NOW + 47 * HOUR) == []


def test_what_came_out_more_than_two_days_ago_is_not_trending() -> None:
    ada = trending(1)
    papers(agents=300, audio=200, graphs=100)
    mail(ada)
    papers(NOW + 20 * HOUR, speech=7)
    assert mail(ada, NOW + 24 * HOUR) == ["Audio"]
    papers(NOW + 60 * HOUR, robots=3)
    assert mail(ada, NOW + 72 * HOUR) == ["Robots"]


def test_a_weekly_digest_brings_the_best_of_the_week() -> None:
    ada = trending(2, schedule=Schedule("UTC", 9, Rhythm.WEEKLY, NOW.weekday()))
    papers(agents=1)
    mail(ada)
    for days, votes in ((1, 70), (2, 20), (6, 40)):
        moment = NOW + timedelta(days=days)
        papers(moment, names={f"paper{days}": votes})
    assert mail(ada, NOW + timedelta(days=7)) == ["Paper1", "Paper6"]
    assert "70 upvotes, first of 3 this week" in text_of(Selection.objects.latest("pk"))


def test_beside_topics_it_brings_the_top_beyond_them() -> None:
    agents = topic("agents", "agents")
    ada = trending(1, topics=[agents])
    papers(agents=90, audio=40, graphs=60)
    assert mail(ada) == ["Agents", "Graphs"]


def test_what_a_topic_brought_yesterday_is_not_trending_today() -> None:
    ada = trending(1, topics=[topic("agents", "agents")])
    papers(agents=90, audio=40, graphs=60)
    assert mail(ada) == ["Agents", "Graphs"]
    papers(NOW + 20 * HOUR, speech=1)
    assert mail(ada, NOW + 24 * HOUR) == ["Audio"]


def test_words_left_out_and_least_upvotes_hold_for_trending_too() -> None:
    ada = trending(3, exclude=("audio",), least_upvotes=10)
    papers(agents=3, audio=40, graphs=12)
    assert mail(ada) == ["Graphs"]


def test_papers_beyond_the_readers_cap_come_by_title_and_count_as_had() -> None:
    ada = trending(3, volume=1)
    papers(agents=3, audio=40, graphs=12)
    assert mail(ada) == ["Audio"]
    papers(NOW + 20 * HOUR, agents=9, day=DAY)
    assert mail(ada, NOW + 24 * HOUR) == []


def test_each_paper_has_its_reason() -> None:
    ada = trending(3)
    papers(agents=3, audio=94, graphs=12)
    mail(ada)
    selection = Selection.objects.get()
    text = text_of(selection)
    assert "Why: 94 upvotes, first of 3 today" in text
    assert "Why: 3 upvotes, third of 3 today" in text


def test_votes_gained_count_where_two_readings_are_six_hours_apart() -> None:
    ada = trending(1)
    papers(agents=50, audio=5)
    papers(NOW + 7 * HOUR, audio=45, day=DAY)
    assert mail(ada, NOW + 8 * HOUR) == ["Audio"]
    assert "45 upvotes, 40 of them in the last 24 hours, first of 2 today" in text_of(Selection.objects.get())


def test_votes_gained_do_not_count_where_two_readings_are_nearer() -> None:
    ada = trending(1)
    papers(agents=50, audio=5)
    papers(NOW + 5 * HOUR, audio=45, day=DAY)
    assert mail(ada, NOW + 6 * HOUR) == ["Agents"]


def test_papers_of_a_source_without_votes_stand_aside_and_the_mail_says_so() -> None:
    source("arxiv", title="arXiv")
    ada = trending(3)
    papers(agents=3, audio=40)
    papers(of="arxiv", graphs=None)
    assert mail(ada) == ["Audio", "Agents"]
    assert "The papers of arXiv have no votes, so they are not compared." in text_of(Selection.objects.get())


def test_where_no_source_counts_votes_papers_compete_by_their_sources_order() -> None:
    ada = trending(2)
    papers(zebra=None, audio=None, graphs=None)
    assert mail(ada) == ["Zebra", "Audio"]
    assert "first of 3 today, by the order of its source, which counts no votes" in text_of(
        Selection.objects.get()
    )


def test_readers_with_the_same_choice_share_one_selection_day_after_day() -> None:
    readers = [trending(2, f"reader{n}@readers.example") for n in range(20)]
    for day in range(3):
        moment = NOW + timedelta(days=day)
        papers(moment - HOUR, names={f"paper{day}x{n}": 10 * n + day for n in range(4)})
        mail(readers[0], moment)
        got = Delivery.objects.filter(due_at__gt=moment - 12 * HOUR).values_list("selection", flat=True)
        assert len(got) == 20
        assert len(set(got)) == 1


def test_readers_with_another_history_are_not_sent_what_they_had() -> None:
    """One begins a day later: what is new to her was had by the other, with the same choice."""
    ada, bela = trending(2), trending(2, "bela@readers.example", next_digest_at=NOW + 12 * HOUR)
    papers(agents=30, audio=40, graphs=20, robots=10)
    assert mail(ada) == ["Audio", "Agents"]
    papers(NOW + 10 * HOUR, graphs=90, day=DAY)
    assert mail(bela, NOW + 12 * HOUR) == ["Graphs", "Audio"]
    papers(NOW + 20 * HOUR, speech=15)
    Subscriber.objects.update(next_digest_at=NOW + 24 * HOUR)
    assert mail(ada, NOW + 24 * HOUR) == ["Graphs", "Speech"]
    assert titles(bela.deliveries.order_by("pk").last().selection) == ["Agents", "Speech"]  # type: ignore[union-attr,arg-type]


def test_planning_singly_and_together_say_the_same() -> None:
    now = timezone.now()
    ada = trending(2, topics=[topic("agents", "agents")])
    papers(now - 26 * HOUR, agents=30, audio=40, graphs=20, robots=10)
    mail(ada, now - 24 * HOUR)
    papers(now - 4 * HOUR, speech=15)
    Subscriber.objects.update(next_digest_at=now)
    alone = next_selection(Subscriber.objects.get())
    assert titles(alone) == mail(ada, now) == ["Speech", "Robots"]


def test_the_sample_brings_what_a_first_digest_would() -> None:
    papers(timezone.now(), agents=30, audio=40, graphs=20)
    ada = trending(2)
    assert titles(planner.sample(preferences.choices_of(ada))) == ["Audio", "Agents"]


def test_who_does_not_choose_trending_keeps_the_filter_set_and_the_selection_of_builds_before() -> None:
    ada = reader(topics=[topic("agents", "agents")], queries=["kv*"])
    papers(agents=3)
    mail(ada)
    content = json.dumps([["agents"], ["kv*"], [], 0]).encode()
    assert ada.filter_set.key == hashlib.blake2b(content, digest_size=16).hexdigest()
    stored = Selection.objects.get().filters
    assert [sorted(filter_) for filter_ in stored] == [["colour", "name", "own", "query"]] * 2


@pytest.mark.parametrize("days", [1, 9])
def test_a_trending_paper_of_a_digest_that_was_lost_comes_with_its_place(days: int) -> None:
    ada = trending(1)
    papers(agents=3, audio=40)
    plan(NOW)
    Delivery.objects.update(state=Delivery.State.UNKNOWN)  # whether it arrived, nobody knows
    later = NOW + timedelta(days=days)
    papers(now=later, robots=90)
    plan(later)
    digest = ada.deliveries.order_by("pk").last()
    assert digest is not None
    assert digest.selection is not None
    assert digest.selection.carried == [Paper.objects.get(title="Audio").pk]
    span = {1: "of 3 today", 9: "of 3 this week"}[days]
    assert f"40 upvotes, second {span}" in text_of(digest.selection)


@pytest.mark.parametrize(("rhythm", "due"), [(Rhythm.WEEKLY, (7, 14)), (Rhythm.MONTHLY, (28, 63))])
def test_a_weekly_or_monthly_digest_brings_the_most_upvoted_of_its_span_once(
    rhythm: Rhythm, due: tuple[int, int]
) -> None:
    ada = trending(2, schedule=Schedule("UTC", 9, rhythm, NOW.weekday()))
    papers(start=1)
    brought = {0: mail(ada)}
    for day in range(1, due[-1] + 1):
        moment = NOW + timedelta(days=day)
        papers(moment - HOUR, names={f"Paper {day}": 200 - day})
        if Subscriber.objects.filter(next_digest_at__lte=moment).exists():
            brought[day] = mail(ada, moment)
    first, second = due
    assert brought == {
        0: ["Start"],
        first: ["Paper 1", "Paper 2"],
        second: [f"Paper {first + 1}", f"Paper {first + 2}"],
    }


@pytest.mark.parametrize("seed", range(6))
def test_planning_agrees_with_a_naive_reading_of_the_promise(seed: int) -> None:
    """Random editions, votes, choices and moments, against a loop over all papers for each reader."""
    chance = random.Random(seed)
    rhythms = [Rhythm.DAILY, Rhythm.WEEKDAYS, Rhythm.WEEKLY]
    readers = [
        trending(
            chance.choice([1, 3, ALL]),
            f"reader{n}@readers.example",
            schedule=Schedule("UTC", 9, chance.choice(rhythms), chance.randrange(7)),
            topics=[topic("agents", "agents")] if chance.random() < 0.4 else [],
            exclude=("audio",) if chance.random() < 0.3 else (),
            least_upvotes=chance.choice([0, 0, 20]),
        )
        for n in range(8)
    ]
    world: dict[str, tuple[datetime, int]] = {}  # when each came out, its votes now
    had: Mapping[int, set[str]] = defaultdict(set)
    last: dict[int, datetime | None] = dict.fromkeys((each.pk for each in readers), None)
    for step in range(10):
        moment = NOW + timedelta(days=step)
        for name in [n for n in world if world[n][0] == moment - 24 * HOUR - HOUR]:
            world[name] = world[name][0], world[name][1] + chance.randrange(30)
        new = [
            f"{chance.choice(['Agents', 'Audio', 'Graphs'])} {step} {n}" for n in range(chance.randrange(5))
        ]
        world |= {name: (moment - HOUR, chance.randrange(60)) for name in new}
        for out in {out for out, _ in world.values()}:
            listed = [record(n, upvotes=v) for n, (when, v) in world.items() if when == out]
            edition(*listed, day=out.date(), now=moment - HOUR)
        plan(moment)
        Delivery.objects.filter(state="pending").update(state="accepted", settled_at=timezone.now())
        for each in readers:
            row = each.deliveries.filter(due_at__gt=moment - 2 * HOUR, due_at__lte=moment).last()
            if row is None or row.selection is None:
                continue
            # The naive reading: all papers, one by one.
            filters = each.filter_set
            since = last[each.pk]
            allowed = {
                name: votes
                for name, (_, votes) in world.items()
                if votes >= filters.least_upvotes and not (filters.exclude and "Audio" in name)
            }
            fresh = {name for name, (out, _) in world.items() if since is None or out > since}
            if since is None:
                newest = max((out for out, _ in world.values()), default=moment)
                fresh = {name for name, (out, _) in world.items() if out == newest}
            brought = [(e["paper"], row.selection.filters[e["filter"]]) for e in row.selection.items]
            names = Paper.objects.in_bulk([pk for pk, _ in brought])
            by_topic = {names[pk].title for pk, filter_ in brought if "kind" not in filter_}
            start = min(moment - 48 * HOUR, since or moment)
            span = {n for n, (out, _) in world.items() if out > start} | (fresh if since is None else set())
            free = [n for n in span if n in allowed and n not in had[each.pk] and n not in by_topic]
            expected = _naive_order(free, world)[: filters.trending]
            assert [names[pk].title for pk, filter_ in brought if "kind" in filter_] == expected
            had[each.pk] |= set(titles(row.selection))
            last[each.pk] = moment if world else None


def _naive_order(names: list[str], world: Mapping[str, tuple[datetime, int]]) -> list[str]:
    """By upvotes, those of the last day twice; a paper's votes change once, a day after it came out."""
    if not names:
        return []
    last = Release.objects.latest("released_at").released_at
    stored = {paper.title: paper for paper in Paper.objects.all()}

    def order(name: str) -> tuple[int, int, str]:
        paper = stored[name]
        out, votes = world[name]
        revision = paper.revisions.order_by("-release_id").first()
        gained = 0
        if revision and revision.release.released_at == last and out == last - 24 * HOUR:
            gained = votes - revision.before["upvotes"]
        position = paper.entries.get().position
        return -votes - gained, position, paper.key

    return sorted(names, key=order)
