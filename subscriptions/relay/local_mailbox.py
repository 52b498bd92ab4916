"""The local mailbox: a Maildir below DATA_DIR that takes every mail while no relay is configured.

Each message is stored as it was handed over, below the two header lines that a mail server would add for
the envelope: `Delivered-To` first, so that a search for a recipient reads one line of each mail, and
`Return-Path`. Lists begin with the newest.
"""

import mailbox
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

_GLANCE = 16_384  # bytes: the headers and the beginning of the text part
_SNIPPET = 160  # characters
_NO_PROSE = re.compile(r"\S*(?:://|@)\S*|[-=_·]{4,}")  # addresses and rules, which say nothing in a list


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail as a list shows it. The headers say `sender` and `subject`, the envelope `recipient`."""

    key: str
    sender: str
    recipient: str
    subject: str
    date: datetime
    snippet: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Some entries of all that there are."""

    total: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, opened. A part that it does not have is empty."""

    entry: Entry
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    source: str


def store(message: bytes, sender: str, recipient: str) -> None:
    """Keep `message`, finished and on disk when this returns. Any number of processes may store at once."""
    end = b"\r\n" if b"\r\n" in message[:1000] else b"\n"
    envelope = f"Delivered-To: {recipient}", f"Return-Path: <{sender}>"
    _box().add(b"".join(line.encode() + end for line in envelope) + message)


def keys(wanted: str = "") -> list[str]:
    """The keys of the mails whose recipient or subject contains `wanted`, the newest first."""
    box = _box()
    found: list[str] = sorted(box.iterkeys(), key=_stored_at, reverse=True)
    return list(_containing(box, found, wanted.casefold())) if wanted else found


def glances(keys: Iterable[str]) -> tuple[Entry, ...]:
    """These mails as a list shows them; only their beginning is parsed. One deleted meanwhile is left out."""
    box = _box()
    return tuple(entry for key in keys if (entry := _glance(box, key)))


def entries(wanted: str = "", first: int = 0, limit: int = 50) -> Listing:
    """The mails whose recipient or subject contains `wanted`, from number `first` on, at most `limit`."""
    found = keys(wanted)
    return Listing(len(found), glances(found[first : first + limit]))


def read(key: str) -> Mail | None:
    """The mail under `key`, or None if there is none."""
    try:
        source = _box().get_bytes(key)
    except KeyError:
        return None
    message = _parsed(source)
    return Mail(
        entry=_entry(key, message),
        headers=tuple((name, str(value)) for name, value in message.items()),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        source=source.decode("utf-8", "replace").replace("\r\n", "\n"),
    )


def delete_all() -> None:
    """Empty the mailbox."""
    _box().clear()


def _box() -> "mailbox.Maildir":
    root = Path(settings.MAILBOX_DIR)
    for folder in ("tmp", "new", "cur"):  # Maildir's own way of making them fails when two processes meet
        (root / folder).mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(root, create=False)


def _stored_at(key: str) -> tuple[int, int, str]:
    """Seconds and microseconds at the front of a Maildir name: `1762326000.M5123P77Q3.host`."""
    seconds, _, rest = key.partition(".M")
    micros = rest.partition("P")[0]
    return int(seconds) if seconds.isdecimal() else 0, int(micros) if micros.isdecimal() else 0, key


def _containing(box: "mailbox.Maildir", keys: Iterable[str], wanted: str) -> Iterable[str]:
    for key in keys:
        try:
            with box.get_file(key) as file:
                recipient = file.readline().decode("utf-8", "replace").partition(":")[2]
                if wanted in recipient.casefold() or wanted in _subject(file).casefold():
                    yield key
        except (KeyError, FileNotFoundError):  # deleted meanwhile
            continue


def _subject(lines: Iterable[bytes]) -> str:
    """The subject among these lines of a header; the others are not parsed."""
    field = b""
    for line in lines:
        if field and line[:1] not in {b" ", b"\t"}:
            break
        if field or line[:8].lower() == b"subject:":
            field += line
        elif not line.strip():
            break
    return str(_parsed(field)["Subject"] or "")


def _glance(box: "mailbox.Maildir", key: str) -> Entry | None:
    try:
        with box.get_file(key) as file:
            return _entry(key, _parsed(file.read(_GLANCE)))
    except (KeyError, FileNotFoundError):  # deleted meanwhile
        return None


def _parsed(source: bytes) -> EmailMessage:
    blank = b"\r\n\r\n" if b"\r\n\r\n" in source else b"\n\n"
    head, between, body = source.partition(blank)
    # Headers may be UTF-8 (RFC 6532), where the parser of the library expects ASCII.
    text = head.decode("utf-8", "replace") + (between + body).decode("ascii", "surrogateescape")
    return message_from_string(text, policy=policy.default)


def _entry(key: str, message: EmailMessage) -> Entry:
    words = " ".join(_NO_PROSE.sub(" ", _part(message, "plain")).split())
    return Entry(
        key=key,
        sender=str(message["From"] or message["Return-Path"] or ""),
        recipient=str(message["Delivered-To"] or message["To"] or ""),
        subject=str(message["Subject"] or "(no subject)"),
        date=_date(message, key),
        snippet=words if len(words) <= _SNIPPET else words[:_SNIPPET].rsplit(" ", 1)[0] + " …",
    )


def _date(message: EmailMessage, key: str) -> datetime:
    """What the mail says, or when it was stored."""
    try:
        date = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        return datetime.fromtimestamp(_stored_at(key)[0], UTC)
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
