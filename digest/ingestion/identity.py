"""Which stored paper a record is of, and which stored papers it shows to be one.

docs/decisions/0032-a-paper-has-many-keys.md has the rules, and why.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from digest.ingestion import facts
from digest.lib.likely_twins import are_twins, contradict, likely_key
from digest.lib.records import PaperRecord, title_key
from digest.models import Paper, PaperKey

_NEVER = float("inf")


class KnownPapers:
    """The papers that the records of an answer may be of: those that are stored, and those that are new.

    Nothing is saved here: `merged` has the papers that become another one, `new_keys` the further keys that
    were learned, and `before` the old values of the facts that changed.
    """

    def __init__(self, records: Sequence[PaperRecord]) -> None:
        self.merged: dict[Paper, Paper] = {}
        self.new_keys: dict[str, Paper] = {}
        self._before: dict[int, dict[str, Any]] = defaultdict(dict)
        self._became: dict[int, Paper] = {}  # by the identity of the object: new papers have no number
        self._by_key: dict[str, Paper] = {}
        self._by_title: dict[str, list[Paper]] = defaultdict(list)
        self._by_likely: dict[str, list[Paper]] = defaultdict(list)
        self._load(records)

    def _load(self, records: Sequence[PaperRecord]) -> None:
        keys = {key for record in records for key in _keys(record)}
        titles = {record.title for record in records}
        further = dict(PaperKey.objects.filter(key__in=keys).values_list("key", "paper"))
        numbers = set(further.values())
        for wanted in (
            {"key__in": keys},
            {"title_key__in": {title_key(title) for title in titles}},
            {"likely_key__in": {likely_key(title) for title in titles} - {""}},
        ):
            numbers.update(Paper.objects.filter(**wanted).values_list("pk", flat=True))
        stored = Paper.objects.select_related("release").in_bulk(numbers)
        for number in sorted(stored):
            self.add(stored[number])
        self._by_key = {key: stored[number] for key, number in further.items()} | self._by_key

    def add(self, paper: Paper) -> None:
        """Let the paper be found from now on, by what it is called now."""
        self._by_key[paper.key] = paper
        for papers in (self._by_title[paper.title_key], self._by_likely[paper.likely_key]):
            if not any(one is paper for one in papers):
                papers.append(paper)

    def current(self, paper: Paper) -> Paper:
        """The paper that this one has become, or itself."""
        while id(paper) in self._became:
            paper = self._became[id(paper)]
        return paper

    def before(self, paper: Paper) -> dict[str, Any]:
        """The old values of what was changed about the paper."""
        return self._before[id(paper)]

    def changed(self, paper: Paper, before: dict[str, Any]) -> None:
        """Note what was changed about the paper: the oldest of its old values counts."""
        self._before[id(paper)] = before | self._before[id(paper)]

    def find(self, record: PaperRecord) -> Paper | None:
        """The paper that the record is of, if known; others that it shows to be the same become that."""
        found: list[Paper] = []
        for paper in map(self.current, self._candidates(record)):
            if not any(one is paper or _are_two(one.key, paper.key) for one in found):
                found.append(paper)
        if not found:
            return None
        stays, *others = sorted(found, key=_first_released)
        for other in others:
            self._merge(other, stays)
        return stays

    def _candidates(self, record: PaperRecord) -> Iterator[Paper]:
        """The papers that the record may be of, the most certain first."""
        by_key = [self.current(self._by_key[key]) for key in _keys(record) if key in self._by_key]
        certain = [paper for paper in by_key if self._is_certain(record, paper)]
        yield from certain
        by_title = sorted(self._by_title[title_key(record.title)], key=_first_stored)
        same_title = [paper for paper in by_title if not contradict(record, paper)]
        if not record.key.startswith("title:"):
            yield from (paper for paper in same_title if paper.key.startswith("title:"))
        elif not certain:
            yield from same_title[:1]
        if likely := likely_key(record.title):
            yield from (paper for paper in self._by_likely[likely] if are_twins(record, paper))

    def _is_certain(self, record: PaperRecord, paper: Paper) -> bool:
        """Whether a paper that one of the record's keys names is the record's: another arXiv id is not."""
        return not _are_two(record.key, paper.key) or self._by_key.get(record.key) is paper

    def _merge(self, gone: Paper, stays: Paper) -> None:
        """Make `gone` the paper that `stays`, with its facts, keys and sources."""
        self.changed(stays, facts.take_over(stays, gone))
        self._became[id(gone)] = stays
        self.call(stays, [gone.key])
        for name in gone.source_names:
            self.list_by(stays, name)
        if gone.source_name and not stays.source_name:
            stays.source_name, stays.day = gone.source_name, gone.day
        if gone.pk is not None:
            self.merged = {one: stays if paper is gone else paper for one, paper in self.merged.items()}
            self.merged[gone] = stays

    def list_by(self, paper: Paper, source: str) -> None:
        """Note that a source listed the paper."""
        if source not in paper.source_names:
            was, paper.listed_by = list(paper.listed_by), [*paper.source_names, source]
            self.changed(paper, {"listed_by": was})

    def call(self, paper: Paper, keys: Iterable[str]) -> None:
        """Let the paper be found by these keys too, and be called by the best of them.

        A title is a key only of a paper that has been called by it; what names another paper stays with that.
        """
        for key in keys:
            other = self._by_key.get(key)
            better = facts.better_key(paper.key, key)
            if key == paper.key or (other is paper and not better):
                continue
            if other is not None and self.current(other) is not paper:
                continue
            if better:
                self.changed(paper, {"key": paper.key})
                self.new_keys[paper.key] = paper
                self.new_keys.pop(key, None)
                paper.key = key
            elif not key.startswith("title:") or other is not None:
                self.new_keys[key] = paper
            self._by_key[key] = paper
        self.add(paper)


def _keys(record: PaperRecord) -> tuple[str, ...]:
    return (record.key, *record.other_keys)


def _are_two(key: str, other: str) -> bool:
    """Whether these keys can never be those of one paper, whatever a record says."""
    return key != other and key.startswith("arxiv:") and other.startswith("arxiv:")


def _first_released(paper: Paper) -> tuple[float, float]:
    return paper.release_id or _NEVER, paper.pk or _NEVER


def _first_stored(paper: Paper) -> float:
    return paper.pk or _NEVER
