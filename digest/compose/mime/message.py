"""Finished messages: a letter is encoded once, a reader's message is a join of bytes."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import cache, lru_cache
from hashlib import blake2b

from markupsafe import escape

from digest.compose.content import Logo
from digest.compose.letter import Letter, Personal
from digest.compose.mime.header_encoding import checked_address, line, list_id_line, mailbox_line, text_line
from digest.compose.templating.placeholders import LINKS, PLACEHOLDER
from digest.compose.templating.quoted_printable import SLOT, body, slot, value

_TO, _DATE, _ID, _UNSUBSCRIBE = (slot("header", name) for name in ("to", "date", "message-id", "unsubscribe"))
_URL = re.compile(r"https?://[!#-;=?-~]+")
_LOGO_ID = "logo"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `from_` is "Name <address>"; `list_id` the list's id, like "digest.example.org".

    `list_name` is what people call the list. `feedback_id` names the campaign, never the reader;
    `unsubscribe_mailto` is the address of an unsubscribe mailbox, without "mailto:".
    """

    from_: str
    list_id: str = ""
    list_name: str = ""
    feedback_id: str = ""
    unsubscribe_mailto: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedLetter:
    """A letter from one sender, encoded but for what differs from reader to reader."""

    _parts: tuple[bytes, ...]  # every second one is a slot
    _needs: frozenset[str]

    def message(self, personal: Personal) -> bytes:
        """The whole message (RFC 5322) for one reader, with CRLF line ends, in ASCII only.

        No line begins with a dot. The same letter and reader give the same bytes. Raises `UnusableAddress`
        for an address that no message can be sent to, and `ValueError` for a link or Message-ID that is not
        fit to be sent.
        """
        if not _MESSAGE_ID.fullmatch(personal.message_id):
            raise ValueError(f"not a Message-ID: {personal.message_id!r}")
        values = {
            _TO: checked_address(personal.to).encode("ascii"),
            _DATE: _dated(int(personal.date.timestamp()), personal.date.tzinfo),
            _ID: personal.message_id.encode("ascii"),
        }
        for name, url in personal.links().items():
            if not _URL.fullmatch(url) and (url or name in self._needs):
                raise ValueError(f"not a link for a mail: {name} = {url!r}")
            header, text, html = _slots(name)
            values[header] = url.encode("ascii")
            values[text] = values[html] = value(url)
            if (escaped := str(escape(url))) != url:
                values[html] = value(escaped)
        parts = list(self._parts)
        parts[1::2] = map(values.__getitem__, parts[1::2])
        return b"".join(parts)


def prepare(letter: Letter, sender: Sender) -> PreparedLetter:
    """`letter`, ready to be sent by `sender` to any number of readers; as text alone if it has no HTML."""
    # "=_" stands in no quoted-printable text, so the boundary cannot stand in a body.
    boundary = f"=_{blake2b(letter.subject.encode(), digest_size=12).hexdigest()}".encode("ascii")
    opening = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    plain = opening % b"plain" + body(letter.text, "text")
    html = letter.html.replace(LINKS.logo, f"cid:{_LOGO_ID}")
    alternative = [
        b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n' % boundary,
        b"--%b\r\n" % boundary + plain + b"\r\n",
        b"--%b\r\n" % boundary + opening % b"html" + body(html, "html") + b"\r\n",
        b"--%b--\r\n" % boundary,
    ]
    if not html:
        parts = [plain]
    elif letter.logo:
        parts = _with_logo(alternative, letter.logo, boundary)
    else:
        parts = alternative
    needs = set(PLACEHOLDER.findall(letter.text + html)) | ({"unsubscribe"} if letter.listed else set())
    template = b"".join([*_headers(letter, sender), *parts])
    return PreparedLetter(tuple(SLOT.split(template)), frozenset(needs))


def _with_logo(alternative: list[bytes], logo: Logo, boundary: bytes) -> list[bytes]:
    """The two bodies and beside them the image that the HTML shows (RFC 2387, RFC 2392)."""
    outer = b"=_with-logo_" + boundary.removeprefix(b"=_")
    image = b64encode(logo.octets)
    lines = [image[at : at + 76] for at in range(0, len(image), 76)]
    return [
        b'Content-Type: multipart/related; type="multipart/alternative"; boundary="%b"\r\n\r\n' % outer,
        b"--%b\r\n" % outer,
        *alternative,
        b"--%b\r\nContent-Type: image/%b\r\n" % (outer, logo.subtype.encode("ascii")),
        b"Content-Transfer-Encoding: base64\r\nContent-ID: <%b>\r\n" % _LOGO_ID.encode("ascii"),
        b'Content-Disposition: inline; filename="logo.%b"\r\n\r\n' % logo.subtype.encode("ascii"),
        b"\r\n".join(lines) + b"\r\n",
        b"--%b--\r\n" % outer,
    ]


def _headers(letter: Letter, sender: Sender) -> Iterator[bytes]:
    """The header lines, as parts of a template of the message."""
    yield mailbox_line("From", sender.from_)
    yield b"To: " + _TO + b"\r\n"
    yield text_line("Subject", letter.subject)
    yield b"Date: " + _DATE + b"\r\n"
    yield b"Message-ID: " + _ID + b"\r\n"
    if letter.listed:
        if sender.list_id:
            yield list_id_line(sender.list_name, sender.list_id.strip("<>"))
        mailto = sender.unsubscribe_mailto
        alternative = f", <mailto:{checked_address(mailto)}>" if mailto else ""
        # One line each, never folded or encoded: some relays break the signature of a folded one (RFC 8058).
        yield b"List-Unsubscribe: <" + _UNSUBSCRIBE + b">" + alternative.encode("ascii") + b"\r\n"
        yield line("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        if sender.feedback_id:
            yield line("Feedback-ID", sender.feedback_id)
    yield line("Auto-Submitted", "auto-generated")
    yield line("Content-Language", letter.language)
    yield line("MIME-Version", "1.0")


@lru_cache(maxsize=8)  # many mails leave in one second
def _dated(second: int, zone: tzinfo | None) -> bytes:
    return format_datetime(datetime.fromtimestamp(second, zone)).encode("ascii")


@cache
def _slots(link: str) -> tuple[bytes, bytes, bytes]:
    """Where a link goes: in the header, the text and the HTML."""
    return slot("header", link), slot("text", link), slot("html", link)
