"""Papers of an RIS file, record by record.

rispy melts records into one where ER is missing, forgets the last one, and reads nothing of lines that have
one blank before the hyphen. So each record is put in order before it is given to it.
"""

import re
from collections.abc import Iterator

import rispy

from digest.lib.messages import deferred
from digest.library.reading.entries import Found, Problem, described

NO_RECORD = deferred("it stands outside of any record")

_TAG = re.compile(r"^\s*([A-Z][A-Z0-9])[ \t]{1,2}-[ \t]?(.*)$")
_IDENTIFIERS = ("doi", "urls", "accession_number", "id")
_TITLES = ("title", "primary_title", "translated_title", "short_title")


def is_ris(text: str) -> bool:
    """Whether a record begins somewhere in it."""
    return any((tag := _TAG.match(line)) and tag[1] == "TY" for line in text.split("\n"))


def papers_of_ris(text: str) -> Iterator[Found]:
    """The paper of each record, whether it has an end or not."""
    record: list[str] = []
    began = 0
    for number, line in enumerate(text.split("\n"), start=1):
        tag = _TAG.match(line)
        name = tag[1] if tag else ""
        if name == "TY" and record:
            yield from _paper(began, record)
            record = []
        if name == "TY":
            began = number
        elif not record and line.strip() and name != "ER":
            yield Problem.at(number, line, NO_RECORD)
            continue
        if name == "ER" and record:
            yield from _paper(began, record)
            record = []
        elif name != "ER" and line.strip():
            record.append(f"{name}  - {tag[2]}" if tag else line.strip())
    if record:
        yield from _paper(began, record)


def _paper(line: int, record: list[str]) -> Iterator[Found]:
    (fields,) = rispy.loads("\n".join([*record, "ER  - ", ""]))
    told = {
        name: " ".join(value) if isinstance(value, list) else str(value) for name, value in fields.items()
    }
    titles = (told[name] for name in _TITLES if told.get(name))
    yield from described(
        line,
        next(titles, ""),
        [told[name] for name in _IDENTIFIERS if name in told],
        [
            value
            for name, value in told.items()
            if name not in {*_IDENTIFIERS, *_TITLES, "abstract", "notes_abstract"}
        ],
        record[0],
    )
