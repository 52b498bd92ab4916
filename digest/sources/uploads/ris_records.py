"""An RIS file split into its records.

rispy melts records into one where ER is missing, forgets the last one, and reads nothing of lines that have
one blank before the hyphen. So each record is put in order before it is given to it.
"""

import re
from collections.abc import Iterator

import rispy

from digest.sources.uploads.references import Reference, Unread

_TAG = re.compile(r"^\s*([A-Z][A-Z0-9])[ \t]{1,2}-[ \t]?(.*)$")


def is_ris(text: str) -> bool:
    """Whether a record begins somewhere in it."""
    return any((tag := _TAG.match(line)) and tag[1] == "TY" for line in text.split("\n"))


def split_ris(text: str) -> Iterator[Reference | Unread]:
    """The records, whether they have an end or not, and each line outside of any."""
    record: list[str] = []
    began = 0
    for number, line in enumerate(text.split("\n"), start=1):
        tag = _TAG.match(line)
        name = tag[1] if tag else ""
        if name == "TY" and record:
            yield _record(began, record)
            record = []
        if name == "TY":
            began = number
        elif not record and line.strip() and name != "ER":
            yield Unread(number, line, "outside")
            continue
        if name == "ER" and record:
            yield _record(began, record)
            record = []
        elif name != "ER" and line.strip():
            record.append(f"{name}  - {tag[2]}" if tag else line.strip())
    if record:
        yield _record(began, record)


def _record(line: int, record: list[str]) -> Reference:
    (fields,) = rispy.loads("\n".join([*record, "ER  - ", ""]))
    told = {
        name: [str(one) for one in value] if isinstance(value, list) else [str(value)]
        for name, value in fields.items()
    }
    return Reference(line, told, record[0])
