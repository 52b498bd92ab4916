"""Journals as files: one for each pass of a sender, which holds an exclusive lock on it until it ends.

The kernel releases the lock when the process dies, in whatever way, and not before. Nothing is synced: what
was written is there for the next process, unless the machine has crashed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from subscriptions.outbox.journal import records
from subscriptions.outbox.journal.machine import is_lasting, sender_name, this_machine
from subscriptions.outbox.journal.records import Head, Journal

_SUFFIX = ".journal"


class JournalUnwritable(Exception):
    """Nothing more can be written, so nothing more may be sent by this journal."""


class JournalFile:
    """The journal of the sender `name`, open and locked by this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.name = path.name.removesuffix(_SUFFIX)
        self._path = path
        self._descriptor = descriptor
        self._length = 0  # of what is whole

    @classmethod
    def begin(cls, directory: Path, build: str) -> Self | None:
        """A new journal; None where none would help: there is no space, or the directory does not last."""
        machine = this_machine()
        if machine is None:
            return None
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not is_lasting(directory):
                return None
            path = directory / f"{sender_name(machine)}{_SUFFIX}"
            descriptor = _locked(path, os.O_CREAT | os.O_EXCL)
        except OSError:
            return None
        if descriptor is None:  # another process looked at it in the moment before it was locked
            return None
        journal = cls(path, descriptor)
        inode = os.fstat(descriptor).st_ino
        try:
            journal._append(records.head(journal.name, Head(machine.key, machine.boot, inode, build)))
        except JournalUnwritable:
            journal.discard()
            return None
        return journal

    def begun(self, keys: Iterable[int]) -> None:
        """Write that end of data of these mails is about to leave; it must not, if this fails."""
        self._append(records.begun(self.name, keys))

    def replied(self, key: int, reply: Iterable[Any]) -> None:
        """Write what came of a mail."""
        self._append(records.replied(self.name, key, reply))

    def _append(self, record: bytes) -> None:
        try:
            written = os.write(self._descriptor, record)
        except OSError as error:
            raise JournalUnwritable(str(error)) from error
        if written < len(record):  # the disk is full
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._length)
            raise JournalUnwritable("no space left for the journal")
        self._length += written

    def discard(self) -> None:
        """The database knows all of it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.close()

    def close(self) -> None:
        """Release the lock, as the end of the process does."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The journal of a sender that is no more. `believed`: what it does not say did not happen."""

    name: str
    journal: Journal
    believed: bool


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    descriptor = None
    with contextlib.suppress(OSError):  # somebody else was quicker
        descriptor = _locked(path, 0)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def abandoned(directory: Path) -> Iterator[Abandoned]:
    """The journals that senders of this machine left; each is deleted once the next is asked for.

    Nobody else reads one meanwhile. Those of other machines that share the directory are theirs.
    """
    machine = this_machine()
    if machine is None or not directory.is_dir():
        return
    for path in sorted(directory.glob(f"*@{machine.key}{_SUFFIX}")):
        with _opened(path) as descriptor:
            if descriptor is None:
                continue
            name = path.name.removesuffix(_SUFFIX)
            with os.fdopen(os.dup(descriptor), "rb") as file:
                journal = records.read(name, file.read())
            inode = os.fstat(descriptor).st_ino
            yield Abandoned(name, journal, journal.believed(machine.key, machine.boot, inode))
            with contextlib.suppress(OSError):
                path.unlink()


def _locked(path: Path, how: int) -> int | None:
    """Open a file and lock it; None if another process has the lock, or has deleted it meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | how, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except BlockingIOError:
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
