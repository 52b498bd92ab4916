"""What storing some answers changes: papers that are new, facts of papers, editions in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count

from digest.lib.likely_twins import likely_key
from digest.lib.records import PaperRecord, title_key
from digest.models import Edition, Paper, PaperKey, Source
from digest.sources import ParsedAnswer

SHOWN, CONTEXT = 80, 20  # characters of a fact; of these before the first that differs
_FACTS = (
    "key",
    "title",
    "abstract",
    "summary",
    "author_names",
    "authors",
    "organization",
    "published",
    "comments",
    "upvotes",
    "url",
    "code_url",
    "project_url",
    "listed_by",
)


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact of a paper, as it was and as it is."""

    field: str
    old: Any
    new: Any

    @property
    def label(self) -> str:
        return self.field.replace("_", " ")

    @property
    def shown(self) -> tuple[str, str]:
        """Both in one line each; of long texts only from where they begin to differ."""
        texts = _text(self.old), _text(self.new)
        if max(map(len, texts)) <= SHOWN:
            return texts
        alike = min(map(len, texts))
        differs = next((at for at in range(alike) if texts[0][at] != texts[1][at]), alike)
        start = max(differs - CONTEXT, 0)
        old, new = (
            ("…" if start else "") + text[start : start + SHOWN] + ("…" if text[start + SHOWN :] else "")
            for text in texts
        )
        return old, new


@dataclass(frozen=True, slots=True)
class PaperChange:
    """A paper, and the facts of it that changed; none if it was not stored before."""

    key: str
    title: str
    facts: tuple[FactChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionChange:
    """An edition in numbers, before and after: papers listed, papers that could not be read."""

    day: date
    papers: tuple[int, int]
    rejected: tuple[int, int]

    @property
    def changed(self) -> bool:
        return len(set(self.papers)) > 1 or len(set(self.rejected)) > 1


@dataclass(frozen=True, slots=True)
class Differences:
    """`found` are papers that were not stored at all, `merged` those that turn out to be another that was.

    `editions` are all that were touched, oldest first.
    """

    editions: tuple[EditionChange, ...]
    found: tuple[PaperChange, ...]
    changed: tuple[PaperChange, ...]
    merged: tuple[PaperChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.found or self.changed or self.merged or any(edition.changed for edition in self.editions)
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of some answers' papers, by their numbers, and of some days' editions."""

    papers: Mapping[int, Mapping[str, Any]]
    editions: Mapping[date, tuple[int, int]]

    @classmethod
    def about(cls, source: Source, answers: Sequence[ParsedAnswer]) -> "Stored":
        """What is stored now of whatever storing these answers of `source` may change."""
        records = [record for one in answers for record in (*one.papers, *one.updates)]
        days = {one.day for one in answers} | {record.day for one in answers for record in one.papers}
        editions = Edition.objects.filter(source=source, day__in=days)
        papers = Paper.objects.filter(pk__in=_numbers(records)).order_by("pk")
        counted = editions.annotate(listed=Count("entries")).order_by("day")
        return cls(
            {values.pop("pk"): values for values in papers.values("pk", *_FACTS)},
            {edition.day: (edition.listed, len(edition.rejected)) for edition in counted},
        )


def _numbers(records: Sequence[PaperRecord]) -> set[int]:
    """The numbers of the stored papers that these records may be of (see `identity`)."""
    keys = {key for record in records for key in (record.key, *record.other_keys)}
    titles = {record.title for record in records}
    numbers = set(PaperKey.objects.filter(key__in=keys).values_list("paper", flat=True))
    for theirs in (
        {"key__in": keys},
        {"title_key__in": {title_key(title) for title in titles}},
        {"likely_key__in": {likely_key(title) for title in titles} - {""}},
    ):
        numbers.update(Paper.objects.filter(**theirs).values_list("pk", flat=True))
    return numbers


def differences(before: Stored, after: Stored) -> Differences:
    """What changed between the two, which must be about the same answers."""
    nothing = (0, 0)
    found, changed = [], []
    for number, new in after.papers.items():
        old = before.papers.get(number)
        if old is None:
            found.append(PaperChange(new["key"], new["title"]))
        elif facts := _changes(old, new):
            changed.append(PaperChange(new["key"], new["title"], facts))
    editions = (
        EditionChange(day, *zip(before.editions.get(day, nothing), numbers, strict=True))
        for day, numbers in after.editions.items()
    )
    gone = (old for number, old in before.papers.items() if number not in after.papers)
    merged = (PaperChange(old["key"], old["title"]) for old in gone)
    return Differences(tuple(editions), tuple(found), tuple(changed), tuple(merged))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FactChange, ...]:
    return tuple(FactChange(name, old[name], new[name]) for name in _FACTS if old[name] != new[name])


def _text(value: Any) -> str:
    """A fact in one line."""
    if value in (None, "", []):
        return "none"
    return ", ".join(value) if isinstance(value, list) else str(value)
