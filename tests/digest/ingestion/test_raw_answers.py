"""What sources answered is kept once, comes back in order, and goes when it is old."""

from datetime import date, timedelta

import pytest
from pytest_django import Settings

from digest.ingestion import raw_answers
from digest.ingestion.raw_answers import KeptAnswer, answers, keep, latest
from digest.models import AnswerBody, RawAnswer
from subscriptions import tasks
from tests.factories import DAY, NOW, source

pytestmark = pytest.mark.django_db

HOUR, BEFORE = timedelta(hours=1), DAY - timedelta(days=1)


def kept(since: date = BEFORE, until: date = DAY) -> list[KeptAnswer]:
    return list(answers(source(), since, until))


def test_answers_come_back_as_they_came_oldest_first() -> None:
    keep(source(), DAY, [b"later"], "api-json", NOW + HOUR)
    keep(source(), BEFORE, [b"page 1", b"page 2"], "api-json", NOW)
    assert kept() == [
        KeptAnswer(BEFORE, NOW, "api-json", (b"page 1", b"page 2")),
        KeptAnswer(DAY, NOW + HOUR, "api-json", (b"later",)),
    ]
    assert latest(source(), DAY) == kept()[1]
    assert latest(source(), DAY - timedelta(days=9)) is None


def test_the_same_answer_again_is_kept_once_and_known_to_have_been_seen() -> None:
    for hours in range(3):
        keep(source(), DAY, [b"page 1", b"page 2"], "", NOW + hours * HOUR)
    keep(source(), DAY, [b"page 1", b"page 2"], "api-json", NOW + 9 * HOUR)
    assert kept() == [KeptAnswer(DAY, NOW, "api-json", (b"page 1", b"page 2"))]
    assert set(RawAnswer.objects.values_list("seen_at", flat=True)) == {NOW + 9 * HOUR}


def test_an_answer_that_returns_is_an_answer_again_but_its_bytes_are_kept_once() -> None:
    for hours, body in enumerate([b"one" * 999, b"two", b"one" * 999]):
        keep(source(), DAY, [body], "api-json", NOW + hours * HOUR)
    keep(source("other"), None, [b"one" * 999], "api-json", NOW)
    assert [answer.parts for answer in kept()] == [(b"one" * 999,), (b"two",), (b"one" * 999,)]
    assert AnswerBody.objects.count() == 2
    assert len(bytes(AnswerBody.objects.get(size=2997).compressed)) < 100


def test_of_two_answers_of_one_moment_the_last_is_kept() -> None:
    keep(source(), DAY, [b"page 1", b"page 2"], "api-json", NOW)
    keep(source(), DAY, [b"other page 1"], "api-json", NOW)
    assert [answer.parts for answer in kept()] == [(b"other page 1",)]


def test_a_source_that_is_asked_for_no_day_answers_about_the_day_on_which_it_is_asked() -> None:
    for days in range(3):
        keep(source(), None, [b"feed %d" % days], "rss", NOW + timedelta(days=days))
    keep(source(), DAY, [b"that day"], "oai", NOW + 48 * HOUR)
    assert [answer.parts[0] for answer in kept(DAY, DAY + timedelta(days=1))] == [
        *(b"feed 0", b"feed 1", b"that day")
    ]
    newest = latest(source(), None)
    assert newest is not None
    assert newest.parts == (b"feed 2",)


def test_old_answers_go_but_each_day_can_still_be_parsed(settings: Settings) -> None:
    settings.RAW_ANSWERS_DAYS = 10
    keep(source(), DAY, [b"early"], "api-json", NOW)
    keep(source(), DAY, [b"early", b"and long"], "api-json", NOW + HOUR)
    keep(source(), DAY, [b"whole"], "api-json", NOW + 2 * HOUR)
    keep(source(), DAY, [b"<html>challenge</html>"], "", NOW + 3 * HOUR)
    keep(source(), None, [b"feed in the morning"], "rss", NOW)
    keep(source(), None, [b"feed in the evening"], "rss", NOW + 9 * HOUR)
    raw_answers.prune(NOW + timedelta(days=9))
    assert len(kept()) == 6
    raw_answers.prune(NOW + timedelta(days=11))
    assert [answer.parts for answer in kept()] == [(b"whole",), (b"feed in the evening",)]
    assert AnswerBody.objects.count() == 2


def test_an_answer_that_is_still_given_is_not_old(settings: Settings) -> None:
    settings.RAW_ANSWERS_DAYS = 10
    keep(source(), DAY, [b"broken"], "", NOW)
    keep(source(), DAY, [b"broken"], "", NOW + timedelta(days=9))
    raw_answers.prune(NOW + timedelta(days=15))
    assert len(kept()) == 1


def test_the_task_that_deletes_what_nobody_holds_deletes_old_answers() -> None:
    keep(source(), DAY, [b"broken"], "", NOW)
    tasks.sweep()
    assert not AnswerBody.objects.exists()
