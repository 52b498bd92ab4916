"""The shipped topics in the database: loaded and updated without undoing an operator's edits."""

from django.db import transaction

from digest.matching.query.shipped_topics import PRESETS, Preset
from digest.matching.topics.classifier import preset_topics
from digest.models import Topic

__all__ = ["PRESETS", "Preset", "load", "restore", "selecting"]

_QUERIES = {preset.slug: preset.query for preset in PRESETS}


def load() -> int:
    """Create missing topics and bring unedited ones up to the shipped wording; how many rows changed.

    Idempotent. Topics an operator edited, topics of the operator's own and the `enabled` switch are
    left alone.
    """
    changed = 0
    with transaction.atomic():
        for preset in PRESETS:
            wording = preset.wording()
            topic, created = Topic.objects.get_or_create(slug=preset.slug, defaults=wording)
            if created or (not topic.edited and _differs(topic, wording)):
                changed += created or Topic.objects.filter(pk=topic.pk, edited=False).update(**wording)
    return changed


def selecting(topic: Topic) -> str:
    """The query that selects for a topic: the trained model while the wording is the shipped one.

    An operator's own query is used as it is.
    """
    shipped = _QUERIES.get(topic.slug)
    return (
        f"topic:{topic.slug}"
        if shipped == topic.query and topic.slug in preset_topics().biases
        else topic.query
    )


def restore(topic: Topic) -> None:
    """Put the shipped wording back over an operator's. Raises `LookupError` if `topic` is not a preset."""
    for preset in PRESETS:
        if preset.slug == topic.slug:
            for column, value in preset.wording().items():
                setattr(topic, column, value)
            topic.edited = False
            topic.save(update_fields=[*preset.wording(), "edited"])
            return
    raise LookupError(f"“{topic.slug}” is not a shipped topic")


def _differs(topic: Topic, wording: dict[str, str | int]) -> bool:
    return any(getattr(topic, column) != value for column, value in wording.items())
