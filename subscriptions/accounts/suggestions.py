"""What a reader answers to a suggestion: take it, decline it, undo it. Each by one press, and again."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from digest.models import Topic
from digest.selection.requests import stored_query
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Subscriber, Suggestion

Answer = Suggestion.Answer
TOPIC = "topic:"


def take(suggestion: Suggestion, now: datetime) -> None:
    """Change the reader's filters as suggested; holds from the next digest that is planned."""
    _answer(suggestion, Answer.TAKEN, now)


def undo(suggestion: Suggestion, now: datetime) -> None:
    """Take the change back, as far as it is still there."""
    if suggestion.answer == Answer.TAKEN:
        _answer(suggestion, Answer.UNDONE, now)


def decline(suggestion: Suggestion, now: datetime) -> None:
    """Remember that the reader does not want it: it is not suggested again."""
    if suggestion.answer != Answer.TAKEN:
        _answer(suggestion, Answer.DECLINED, now)


def topic_of(query: str) -> Topic | None:
    """The topic that a suggested query ticks, if it is one that is offered."""
    slug = query.removeprefix(TOPIC)
    return Topic.objects.filter(slug=slug, enabled=True).first() if query.startswith(TOPIC) else None


def is_gone(suggestion: Suggestion) -> bool:
    """Whether it is about a topic that is offered no more: nothing is left to take."""
    return suggestion.query.startswith(TOPIC) and topic_of(suggestion.query) is None


def _answer(suggestion: Suggestion, answer: Suggestion.Answer, now: datetime) -> None:
    with transaction.atomic():
        reader = Subscriber.objects.select_for_update().get(pk=suggestion.subscriber_id)
        if answer != Answer.DECLINED:
            change = _with if answer == Answer.TAKEN else _without
            reader.filter_set = change(preferences.choices_of(reader), suggestion).filter_set()
            reader.save(update_fields=["filter_set"])
        suggestion.answer, suggestion.answered_at = answer, now
        suggestion.save(update_fields=["answer", "answered_at"])


def _with(choices: Choices, suggestion: Suggestion) -> Choices:
    if suggestion.kind == Suggestion.Kind.UPVOTES:
        return replace(choices, least_upvotes=max(choices.least_upvotes, suggestion.least_upvotes))
    without = _without(choices, suggestion)
    if topic := topic_of(suggestion.query):
        return replace(without, topics=(*without.topics, topic))
    return replace(without, queries=(*without.queries, suggestion.query))


def _without(choices: Choices, suggestion: Suggestion) -> Choices:
    if suggestion.kind == Suggestion.Kind.UPVOTES:
        changed = choices.least_upvotes == suggestion.least_upvotes
        return replace(choices, least_upvotes=suggestion.before) if changed else choices
    if topic := topic_of(suggestion.query):
        return replace(choices, topics=tuple(each for each in choices.topics if each != topic))
    added = str(stored_query(suggestion.query))
    kept = (text for text in choices.queries if str(stored_query(text)) != added)
    return replace(choices, queries=tuple(kept))
