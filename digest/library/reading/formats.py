"""Reads a library in whatever form it comes: pasted lines, BibTeX, RIS, or Zotero's table."""

from itertools import islice

from digest.lib.messages import deferred
from digest.library.reading.bibtex_entries import papers_of_bibtex
from digest.library.reading.entries import TOO_MUCH, Problem, Reading, collected
from digest.library.reading.pasted_lines import papers_in_lines
from digest.library.reading.ris_records import papers_of_ris
from digest.library.reading.zotero_csv import is_table, papers_of_table
from digest.sources.uploads.bibtex_entries import is_bibtex
from digest.sources.uploads.export_text import decoded
from digest.sources.uploads.ris_records import is_ris

MOST_BYTES = 900_000
MOST_ENTRIES = 500
_MOST_FOUND = 10_000  # papers and problems; what has more is no library, and would take long
_MOST_PROBLEMS = 1000

_FORMS = ((is_ris, papers_of_ris), (is_bibtex, papers_of_bibtex), (is_table, papers_of_table))


def read(content: str | bytes, most: int = MOST_ENTRIES) -> Reading:
    """The papers that `content` names, at most `most`, and what of it was not understood.

    Of a longer one the first are taken, and the first that is left out is told as a problem. Content of more
    than `MOST_BYTES` is for the caller to refuse.
    """
    text = decoded(content) if isinstance(content, bytes) else content
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    papers = next((papers for is_of, papers in _FORMS if is_of(text)), papers_in_lines)
    told = list(islice(papers(text), _MOST_FOUND + 1))
    found = collected(told[:_MOST_FOUND])
    problems = found.problems[:_MOST_PROBLEMS]
    for beyond in told[_MOST_FOUND:]:
        problems = (*problems, Problem.at(beyond.line, "", TOO_MUCH))
    if len(found.entries) > most:
        left_out = found.entries[most]
        why = deferred("from here on nothing was taken: %(most)s papers is the most", most=most)
        problems = (*problems, Problem.at(left_out.line, left_out.title or left_out.key, why))
    return Reading(found.entries[:most], problems)
