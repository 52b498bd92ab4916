"""The records of a journal, as bytes, and what they say of each mail. Pure.

A line is a record: a checksum (CRC-32, of the journal's name too, so that no line of another file passes for
one of this) and JSON. The first names format, machine, boot and build; then come `begun`, before end of data
leaves, and `replied`, once its reply is here.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

FORMAT = 1
_HEAD, _BEGUN, _REPLIED = "journal", "begun", "replied"


@dataclass(frozen=True, slots=True)
class Head:
    """Who writes the journal. `inode` tells the file from a copy of it."""

    machine: str
    boot: str
    inode: int
    build: str
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Entry:
    """The last that a journal says of one mail: end of data was about to leave, or this was the reply."""

    reply: tuple[Any, ...] | None = None


@dataclass(slots=True)
class Journal:
    """What could be read. Unless it is `whole`, other records may have been behind or between these."""

    head: Head | None = None
    whole: bool = False
    entries: dict[int, Entry] = field(default_factory=dict)

    def believed(self, machine: str, boot: str, inode: int) -> bool:
        """Whether what it does not say did not happen; then it must also have no living writer."""
        head = self.head
        if head is None or not self.whole or head.format != FORMAT:
            return False
        return (head.machine, head.boot, head.inode) == (machine, boot, inode)


def head(name: str, of: Head) -> bytes:
    """The first record of the journal `name`."""
    return _line(name, [_HEAD, of.format, of.machine, of.boot, of.inode, of.build])


def begun(name: str, keys: Iterable[int]) -> bytes:
    """The record that end of data of these mails is about to leave."""
    return _line(name, [_BEGUN, *keys])


def replied(name: str, key: int, reply: Iterable[Any]) -> bytes:
    """The record of what came of a mail."""
    return _line(name, [_REPLIED, key, *reply])


def read(name: str, content: bytes) -> Journal:
    """What the whole records of `content` say, whatever stands between them."""
    journal = Journal(whole=content.endswith(b"\n"))
    for line in content.split(b"\n")[:-1]:
        record = _record(name, line)
        if record is None:
            journal.whole = False
        elif record[0] == _HEAD and journal.head is None and not journal.entries:
            _, format_, machine, boot, inode, build = record[:6]
            journal.head = Head(machine, boot, inode, build, format_)
        else:
            _note(journal.entries, record)
    return journal


def _note(entries: dict[int, Entry], record: list[Any]) -> None:
    if record[0] == _BEGUN:
        entries.update(dict.fromkeys(record[1:], Entry()))
    elif record[0] == _REPLIED:
        entries[record[1]] = Entry(tuple(record[2:]))


def _line(name: str, record: list[Any]) -> bytes:
    text = json.dumps(record, separators=(",", ":")).encode()
    return b"%08x %b\n" % (_checksum(name, text), text)


def _record(name: str, line: bytes) -> list[Any] | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % _checksum(name, text):
        return None
    record: list[Any] = json.loads(text)
    return record


def _checksum(name: str, text: bytes) -> int:
    return crc32(text, crc32(name.encode()))
