"""Papers of an RIS file, record by record."""

from collections.abc import Iterator

from digest.lib.messages import deferred
from digest.library.reading.entries import Found, Problem, described
from digest.sources.uploads.references import Unread
from digest.sources.uploads.ris_records import split_ris

NO_RECORD = deferred("it stands outside of any record")

_IDENTIFIERS = ("doi", "urls", "accession_number", "id")
_TITLES = ("title", "primary_title", "translated_title", "short_title")
_LONG = {"abstract", "notes_abstract"}


def papers_of_ris(text: str) -> Iterator[Found]:
    """The paper of each record, whether it has an end or not."""
    for record in split_ris(text):
        if isinstance(record, Unread):
            yield Problem.at(record.line, record.text, NO_RECORD)
            continue
        told = {name: " ".join(values) for name, values in record.fields.items()}
        yield from described(
            record.line,
            next((told[name] for name in _TITLES if told.get(name)), ""),
            [told[name] for name in _IDENTIFIERS if name in told],
            [value for name, value in told.items() if name not in {*_IDENTIFIERS, *_TITLES, *_LONG}],
            record.written,
        )
