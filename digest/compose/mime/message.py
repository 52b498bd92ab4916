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
from digest.compose.templating.placeholders import LINKS, LOGO
from digest.compose.templating.quoted_printable import body, slot, value
from digest.compose.templating.slotted import Slotted, joined

_TO, _DATE, _ID, _UNSUBSCRIBE = (slot("header", name) for name in ("to", "date", "message-id", "unsubscribe"))
_URL = re.compile(r"https?://[!#-;=?-~]+")
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
class EncodedLetter:
    """A letter whose bodies are encoded; as text alone if it has no HTML."""

    subject: str
    text: Slotted
    html: Slotted | None
    language: str = "en"
    listed: bool = False
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class PreparedLetter:
    """A letter from one sender, encoded but for what differs from reader to reader."""

    _template: Slotted

    def message(self, personal: Personal) -> bytes:
        """The whole message (RFC 5322) for one reader, with CRLF line ends; but for their address in ASCII.

        No line begins with a dot. The same letter and reader give the same bytes. Raises `UnusableAddress`
        for an address that no message can be sent to, and `ValueError` for a link or Message-ID that is not
        fit to be sent.
        """
        if not _MESSAGE_ID.fullmatch(personal.message_id):
            raise ValueError(f"not a Message-ID: {personal.message_id!r}")
        values = {
            _TO: checked_address(personal.to).encode(),  # RFC 6532, if it is not ASCII
            _DATE: _dated(int(personal.date.timestamp()), personal.date.tzinfo),
            _ID: personal.message_id.encode("ascii"),
        }
        for name, url in personal.links().items():
            header, text, html = slots = _slots(name)
            if not _URL.fullmatch(url) and (url or not self._template.slots.isdisjoint(slots)):
                raise ValueError(f"not a link for a mail: {name} = {url!r}")
            values[header] = url.encode("ascii")
            values[text] = values[html] = value(url)
            if (escaped := str(escape(url))) != url:
                values[html] = value(escaped)
        return self._template.filled(values)

    @property
    def octets(self) -> int:
        """About how many it takes, as if it shared nothing with other letters."""
        return self._template.octets


def prepare(letter: Letter | EncodedLetter, sender: Sender) -> PreparedLetter:
    """`letter`, ready to be sent by `sender` to any number of readers; as text alone if it has no HTML."""
    encoded = _encoded(letter) if isinstance(letter, Letter) else letter
    headers = Slotted.of(b"".join(_headers(encoded, sender)))
    return PreparedLetter(joined([headers, *_bodies(encoded)]))


def _encoded(letter: Letter) -> EncodedLetter:
    html = letter.html.replace(LINKS.logo, LOGO)
    return EncodedLetter(
        letter.subject,
        Slotted.of(body(letter.text, "text")),
        Slotted.of(body(html, "html")) if html else None,
        letter.language,
        letter.listed,
        letter.logo,
    )


def _bodies(letter: EncodedLetter) -> list[Slotted]:
    """What follows the header lines, with the empty line between them."""
    opening = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    plain = [Slotted(opening % b"plain"), letter.text]
    if letter.html is None:
        return plain
    # "=_" stands in no quoted-printable text, so the boundary cannot stand in a body.
    boundary = f"=_{blake2b(letter.subject.encode(), digest_size=12).hexdigest()}".encode("ascii")
    alternative = [
        Slotted(b'Content-Type: multipart/alternative; boundary="%b"\r\n\r\n--%b\r\n' % (boundary, boundary)),
        *plain,
        Slotted(b"\r\n--%b\r\n" % boundary + opening % b"html"),
        letter.html,
        Slotted(b"\r\n--%b--\r\n" % boundary),
    ]
    return _with_logo(alternative, letter.logo, boundary) if letter.logo else alternative


def _with_logo(alternative: list[Slotted], logo: Logo, boundary: bytes) -> list[Slotted]:
    """The two bodies and beside them the image that the HTML shows (RFC 2387, RFC 2392)."""
    outer = b"=_with-logo_" + boundary.removeprefix(b"=_")
    subtype, image = logo.subtype.encode("ascii"), b64encode(logo.octets)
    opening = (
        b'Content-Type: multipart/related; type="multipart/alternative"; boundary="%b"\r\n\r\n' % outer,
        b"--%b\r\n" % outer,
    )
    closing = (
        b"--%b\r\nContent-Type: image/%b\r\n" % (outer, subtype),
        b"Content-Transfer-Encoding: base64\r\nContent-ID: <%b>\r\n"
        % LOGO.removeprefix("cid:").encode("ascii"),
        b'Content-Disposition: inline; filename="logo.%b"\r\n\r\n' % subtype,
        b"\r\n".join(image[at : at + 76] for at in range(0, len(image), 76)) + b"\r\n",
        b"--%b--\r\n" % outer,
    )
    return [Slotted(b"".join(opening)), *alternative, Slotted(b"".join(closing))]


def _headers(letter: EncodedLetter, sender: Sender) -> Iterator[bytes]:
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
