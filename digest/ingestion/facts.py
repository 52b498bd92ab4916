"""What is held to be true of a paper, of all that sources tell of it in whatever order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from digest.lib.likely_twins import likely_key
from digest.lib.records import TITLE_SEARCH, PaperRecord, title_key
from digest.models import Paper, Source
from digest.sources import registry

_COUNTS = ("comments", "upvotes")
FACTS = (
    "title",
    "abstract",
    "authors",
    "author_names",
    "organization",
    "published",
    "url",
    "code_url",
    "project_url",
    "summary",
    *_COUNTS,
)
_KINDS = {"arxiv": 0, "doi": 1}  # of keys, the best first; a title is the last resort


class Standing(NamedTuple):
    """How much a fact is worth: the greater stays.

    `source` is negative, so that of two sources of the same authority the one added first keeps the word.
    """

    authority: int
    source: int
    told_at: float  # seconds since 1970


_NEVER_TOLD = Standing(-1, 0, 0)  # by a version before, which did not note it


@dataclass(frozen=True, slots=True)
class Teller:
    """A source that told something at some time."""

    number: int
    authority: int
    votes: bool
    told_at: float

    @classmethod
    def of(cls, source: Source, told_at: datetime) -> "Teller":
        adapter = registry.adapter_called(source.adapter)
        authority, votes = (adapter.authority, adapter.votes) if adapter else (0, False)
        return cls(source.pk, authority, votes, told_at.timestamp())

    def standing(self, name: str, value: Any) -> Standing:
        """What the fact of this name is worth. A search for the title is no address of the paper."""
        authority = int(self.votes) if name in _COUNTS else self.authority
        if name == "url" and value.startswith(TITLE_SEARCH):
            authority = -2
        return Standing(authority, -self.number, self.told_at)


def tell(paper: Paper, record: PaperRecord, teller: Teller) -> dict[str, Any]:
    """Set the facts of `record` that hold now. Returns the old values of what changed.

    What a source does not tell stays as it is.
    """
    facts = {name: value for name in FACTS if (value := getattr(record, name)) not in {None, (), ""}}
    return _hold(paper, {name: (value, teller.standing(name, value)) for name, value in facts.items()})


def take_over(paper: Paper, other: Paper) -> dict[str, Any]:
    """Set those facts of `other`, which is the same paper, that hold now; returns as `tell` does."""
    told = _unpacked(other.told)
    facts = {name: value for name in FACTS if (value := getattr(other, name)) not in (None, [], "")}
    return _hold(paper, {name: (value, told.get(name, _NEVER_TOLD)) for name, value in facts.items()})


def teller_of(paper: Paper, name: str) -> int | None:
    """The number of the source that told this fact of the paper, as far as that was noted."""
    standing = _unpacked(paper.told).get(name)
    return -standing.source if standing else None


def better_key(key: str, other: str) -> bool:
    """Whether a paper of this `key` is rather called by the `other`."""
    return _kind(other) < _kind(key)


def _kind(key: str) -> int:
    return _KINDS.get(key.partition(":")[0], len(_KINDS))


def _hold(paper: Paper, facts: Mapping[str, tuple[Any, Standing]]) -> dict[str, Any]:
    """Set those facts that are worth more than what is held, or that nothing is held of."""
    told = _unpacked(paper.told)
    before: dict[str, Any] = {}
    for name, (fact, standing) in facts.items():
        held = getattr(paper, name)
        if held not in (None, [], "") and standing < told.get(name, _NEVER_TOLD):
            continue
        value = list(fact) if name == "author_names" else fact
        if standing != _NEVER_TOLD:
            told[name] = standing
        if value != held:
            before[name] = held
            setattr(paper, name, value)
    paper.told = _packed(told)
    if "title" in before or not paper.title_key:
        if paper.title_key:
            before["title_key"] = paper.title_key
        paper.title_key, paper.likely_key = title_key(paper.title), likely_key(paper.title)
    return before


def _packed(told: Mapping[str, Standing]) -> dict[str, str]:
    """The names of the facts, by what they are worth: sources tell many at once."""
    names: dict[str, list[str]] = {}
    for name in sorted(told):
        authority, source, seconds = told[name]
        names.setdefault(f"{authority} {source} {seconds}", []).append(name)
    return {standing: " ".join(each) for standing, each in sorted(names.items())}


def _unpacked(told: Mapping[str, str]) -> dict[str, Standing]:
    facts: dict[str, Standing] = {}
    for standing, names in told.items():
        authority, source, seconds = standing.split()
        facts |= dict.fromkeys(names.split(), Standing(int(authority), int(source), float(seconds)))
    return facts
