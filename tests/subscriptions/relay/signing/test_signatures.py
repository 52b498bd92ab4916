"""Every mail that we sign holds for an independent verifier, and none that was changed on its way does."""

import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

import dkim
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.compose import Sender, prepare
from digest.compose.samples import READER
from subscriptions.relay.signing import SigningKey, signatures
from tests.subscriptions.emails.composed import COMPOSED
from tests.subscriptions.relay.signing.keys import KEYS, RECORDS

SENDER = Sender(
    "Paper Digest <digest@example.org>",
    list_id="digest.example.org",
    list_name="Paper Digest",
    feedback_id="digest:paper-digest",
)
NOW = int(time.time())

# A field's value as it may stand in a finished header, with spaces and folds in any place. No control
# characters, which our headers never have: dkimpy takes a form feed for a space, which RFC 6376 does not.
_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)
_gaps = st.sampled_from([" ", "\t", "  ", "\r\n ", "\r\n\t ", " \t"])
_values = st.lists(st.tuples(_gaps, _words), max_size=6).map(lambda parts: "".join(g + w for g, w in parts))
_names = st.sampled_from(["Subject", "To", "X-a%d", "list-unsubscribe", "LIST-Unsubscribe-Post", "Date"])
headers = st.lists(st.tuples(_names, _values), max_size=8)
# Lines of any octets, also empty ones, dots, and none at all.
bodies = st.lists(
    st.binary(max_size=40).filter(lambda line: b"\r" not in line and b"\n" not in line), max_size=6
)


def message(fields: Sequence[tuple[str, str]], lines: Sequence[bytes], end: bytes = b"\r\n") -> bytes:
    header = "".join(f"{name}:{value}\r\n" for name, value in [("From", " a@example.org"), *fields])
    return header.encode() + b"\r\n" + b"\r\n".join(lines) + end


def signed(mail: bytes, keys: Sequence[SigningKey] = KEYS) -> bytes:
    return signatures(mail, keys, NOW) + mail


def holds(mail: bytes) -> list[bool]:
    """Whether each signature of `mail` does."""

    def published(name: bytes, timeout: int = 5) -> bytes:
        return RECORDS[name.decode().removesuffix(".")].encode()

    def one(index: int) -> bool:
        try:
            return bool(dkim.DKIM(mail).verify(idx=index, dnsfunc=published))
        except dkim.DKIMException:
            return False

    return [one(index) for index in range(mail.split(b"\r\n\r\n")[0].count(b"DKIM-Signature:"))]


@pytest.mark.parametrize("name", COMPOSED)
def test_every_letter_verifies_with_both_algorithms(name: str) -> None:
    assert holds(signed(prepare(COMPOSED[name], SENDER).message(READER))) == [True, True]


@given(headers, bodies, st.sampled_from([b"", b"\r\n", b"\r\n\r\n\r\n"]))
def test_any_header_and_any_body_verify(
    fields: list[tuple[str, str]], lines: list[bytes], end: bytes
) -> None:
    assume(not any(value.strip(" \t\r\n") == "" for _, value in fields))
    assert holds(signed(message(fields, lines, end))) == [True, True]


@given(st.data(), bodies)
def test_a_changed_octet_breaks_both_signatures(data: st.DataObject, lines: list[bytes]) -> None:
    mail = message([("Subject", " Papers of the day"), ("To", " ada@example.org")], [b"Hello", *lines, b"."])
    lines_of_signatures = len(signatures(mail, KEYS, NOW))
    changeable = [at for at, octet in enumerate(mail) if octet not in b" \t\r\n:"]
    at = data.draw(st.sampled_from(changeable)) + lines_of_signatures
    sent = bytearray(signed(mail))
    sent[at] = ord("x") if chr(sent[at]).lower() != "x" else ord("y")
    assume(bytes(sent[at : at + 1]).lower() != signed(mail)[at : at + 1].lower())
    assert holds(bytes(sent)) == [False, False]


@pytest.mark.parametrize(
    "added",
    [
        b"From: Somebody Else <other@example.net>",
        b"To: everybody@example.net",
        b"Cc: everybody@example.net",
        b"Subject: Another",
        b"Reply-To: other@example.net",
        b"List-Unsubscribe: <https://example.net/>",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        b'Content-Type: text/plain; charset="utf-7"',
    ],
)
def test_a_field_that_somebody_adds_breaks_the_signatures(added: bytes) -> None:
    mail = signed(prepare(COMPOSED["many"], SENDER).message(READER))
    assert holds(added + b"\r\n" + mail) == [False, False]
    header, body = mail.split(b"\r\n\r\n", 1)
    assert holds(header + b"\r\n" + added + b"\r\n\r\n" + body) == [False, False]


def test_what_relays_do_to_a_mail_leaves_the_signatures_whole() -> None:
    mail = signed(prepare(COMPOSED["many"], SENDER).message(READER))
    header, body = mail.split(b"\r\n\r\n", 1)
    folded = header.replace(b" <digest@example.org>", b"\r\n\t<digest@example.org>")
    assert folded != header
    traced = b"Return-Path: <b@example.org>\r\nReceived: from a by b; now\r\n" + folded
    assert holds(traced + b"\r\n\r\n" + body + b"\r\n\r\n") == [True, True]


def test_one_click_unsubscribing_is_covered() -> None:
    mail = prepare(COMPOSED["many"], SENDER).message(READER)
    names = signatures(mail, KEYS, NOW).replace(b"\r\n", b"").lower().split(b"h=")[1].split(b";")[0]
    covered = names.replace(b" ", b"").split(b":")
    assert {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(covered)


def test_mails_of_the_standard_library_verify_too() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "digest@example.org", "ada@example.org", "Übung " * 20
    mail.set_content("Ein Gruß\n" * 3)
    assert holds(signed(mail.as_bytes())) == [True, True]


def test_no_line_of_a_signature_is_long_or_begins_with_a_dot() -> None:
    lines = signatures(prepare(COMPOSED["many"], SENDER).message(READER), KEYS, NOW).split(b"\r\n")
    assert all(len(line) <= 78 and not line.startswith(b".") for line in lines)
