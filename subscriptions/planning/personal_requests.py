"""What votes and libraries of single readers add to their requests, which nobody else then shares."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from digest.selection.requests import LIBRARY, Filter, SelectionRequest, Votes
from subscriptions.models import SavedPaper, Subscriber, Vote
from subscriptions.planning.filters import Filters

NAME, COLOUR = "Your library", "#59616b"  # the name is translated where it is shown


def like_library(query: str, most: int) -> Filter:
    """The filter that keeps papers like the reader's library, `most` a day, of those that the query keeps."""
    return Filter(NAME, query, COLOUR, kind=LIBRARY, most=most)


@dataclass(frozen=True)
class Tastes:
    """The votes and the libraries of readers, by reader; those who have none are left out."""

    votes: Mapping[int, Votes] = field(default_factory=dict)
    libraries: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, readers: Collection[int]) -> "Tastes":
        return cls(Vote.objects.tastes(readers), SavedPaper.objects.libraries(readers))

    def applied(self, request: SelectionRequest, reader: Subscriber, filters: Filters) -> SelectionRequest:
        """The request with what this reader's votes and library say; that of a reader without is the same."""
        library = self.libraries.get(reader.pk, ())
        if library and reader.library_daily:
            like = like_library(filters.narrowing(reader.filter_set_id), reader.library_daily)
            request = replace(request, filters=(*request.filters, like))
        return replace(request, votes=self.votes.get(reader.pk, ()), library=library)
