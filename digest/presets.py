"""The shipped topics: their wording, and how it gets into the database without undoing an operator's edits.

The wording is reviewed text and stands in `presets.toml` beside this file, in the order of `position`.
"""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction

from digest.models import Topic


@dataclass(frozen=True, slots=True)
class Preset:
    """One shipped topic; `position` orders topics from 1."""

    slug: str
    name: str
    description: str
    query: str
    colour: str
    position: int

    def wording(self) -> dict[str, str | int]:
        """The columns of a topic that are shipped: everything but its slug and the operator's switches."""
        return {column: value for column, value in asdict(self).items() if column != "slug"}


def _read(path: Path) -> tuple[Preset, ...]:
    topics: list[dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))["topic"]
    return tuple(
        Preset(**{**topic, "query": topic["query"].strip()}, position=position)
        for position, topic in enumerate(topics, start=1)
    )


PRESETS = _read(Path(__file__).with_name("presets.toml"))


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
