"""The library that a sample is made with: papers known here, at once; and how many are not known yet.

Pages hold it signed, beside the fields of the filters: what was pasted is read once, and not for each change
of a filter. Only who brought papers, or has them on their list, learns that these are known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from digest.models import Paper
from digest.models.paper import LISTED
from subscriptions.accounts.library import known
from subscriptions.models import Subscriber
from subscriptions.web.library_form import LibraryForm

_SALT = "subscriptions.library-sample"
FIELDS = ("brought", "listed")  # what somebody pasted or uploaded just now, and what is on the reader's list


@dataclass(frozen=True, slots=True)
class LibrarySample:
    """Papers known here, ascending; how many are not; and how many papers like them come a day at most."""

    papers: tuple[int, ...] = ()
    unknown: int = 0
    most: int = 0

    @property
    def is_there(self) -> bool:
        """Whether it brings papers, or will once its own are known."""
        return bool(self.most and (self.papers or self.unknown))

    def signed(self) -> str:
        """The papers as a field of a page holds them; empty if there are none."""
        if not (self.papers or self.unknown):
            return ""
        return signing.dumps([self.papers, self.unknown], salt=_SALT, compress=True)


NO_LIBRARY = LibrarySample()


def brought(data: Mapping[str, Any], files: MultiValueDict[str, Any]) -> LibrarySample:
    """What is entered into the form of a library, as far as it can be read.

    Who merely pastes an id does not learn that a reader had it looked up: such papers count as unknown.
    """
    form = LibraryForm(data, files=files)
    form.is_valid()
    entries = form.entries
    listed = Paper.objects.filter(LISTED, pk__in={paper.pk for paper in known(entries).values()})
    papers = sorted(listed.values_list("pk", flat=True))
    return LibrarySample(tuple(papers), max(len(entries) - len(papers), 0))


def on_list(subscriber: Subscriber) -> LibrarySample:
    """The papers on a reader's list."""
    papers = list(subscriber.saved_papers.order_by("paper").values_list("paper", flat=True))
    found = tuple(paper for paper in papers if paper is not None)
    return LibrarySample(found, len(papers) - len(found))


def with_brought(data: QueryDict, files: MultiValueDict[str, Any], listed: str = "") -> QueryDict:
    """The fields of a form with the library that is entered in it, signed; and `listed` if that is given."""
    values = data.copy()
    values["brought"] = brought(data, files).signed()
    if listed:
        values["listed"] = listed
    return values


def read(values: Mapping[str, Any], most: int) -> LibrarySample:
    """The library that signed fields hold; none where they were not made here."""
    papers: set[int] = set()
    unknown = 0
    for name in FIELDS:
        if value := values.get(name, ""):
            try:
                numbers, others = signing.loads(value, salt=_SALT)
            except signing.BadSignature:
                continue
            papers |= {*numbers}
            unknown += others
    return LibrarySample(tuple(sorted(papers)), unknown, most)
