"""What readers bring: identifiers, links, files of reference managers → papers by their keys."""

from digest.library.reading.entries import Entry, Problem, Reading
from digest.library.reading.formats import MOST_BYTES, MOST_ENTRIES, read

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "Entry", "Problem", "Reading", "read"]
