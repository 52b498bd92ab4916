"""The bytes that leave: whole, safe and readable by any mail program."""

import email
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose import Letter, Personal, Sender, UnusableAddress, compose_digest, prepare
from digest.compose.samples import BRAND, DIGESTS, LOGO, READER
from digest.compose.templating.placeholders import LINKS
from digest.lib.safe_text import folded

SENDER = Sender(
    "Paper Digest <digest@example.org>",
    list_id="digest.example.org",
    list_name="Paper Digest",
    feedback_id="2025-11-05:digest:paperdigest",
    unsubscribe_mailto="leave@example.org",
)
MANY = compose_digest(DIGESTS["many"], BRAND)


def parsed(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=default)


def lines(message: bytes) -> list[str]:
    head, _, _ = message.partition(b"\r\n\r\n")
    return head.decode("ascii").split("\r\n")


def assert_sound(message: bytes, letter: Letter, personal: Personal = READER) -> None:
    """Every promise that holds for any message whatever is in it."""
    assert message.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message)
    assert not re.search(rb"^(?:\.|>*From )", message, re.MULTILINE)
    assert max(map(len, message.split(b"\r\n"))) <= 998
    _, _, bodies = message.partition(b"\r\n\r\n")
    assert max(map(len, bodies.split(b"\r\n"))) <= 76
    read = parsed(message)
    assert not read.defects
    expected = {"text/plain": letter.text_for(personal)}
    if letter.html:
        expected["text/html"] = letter.html_for(personal)
    parts = list(read.iter_parts()) or [read]
    contents = [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in parts]
    assert contents == list(expected.items())
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}
    assert not any(part.defects for part in parts)


@pytest.mark.parametrize("name", DIGESTS)
def test_what_was_composed_is_what_arrives(name: str) -> None:
    letter = compose_digest(DIGESTS[name], BRAND)
    assert_sound(prepare(letter, SENDER).message(READER), letter)


stand_ins = st.sampled_from([LINKS.unsubscribe, LINKS.preferences, LINKS.web])
stretches = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x02\x03"), max_size=200)
hard = st.sampled_from(
    [
        "=",
        "%",
        "%(to)b",
        "x" * 75,
        "x" * 76,
        " ",
        "\t",
        "\n",
        ".",
        "\n.\n",
        "é" * 30,
        "\x1e",
        "=3D",
        "\nFrom ",
        ">>From ",
        " From the",
    ]
)
bodies = st.lists(st.one_of(stretches, hard, hard, stand_ins), max_size=30).map("".join)
urls = st.one_of(
    st.text("abcXYZ019-._~/?=&%+:@,;'()!$*", max_size=150),
    st.integers(50, 150).map(lambda length: "." * length),  # wherever it is broken, there is a dot
).map("https://e.org/{}".format)


def test_a_letter_without_html_is_text_alone() -> None:
    letter = compose_digest(DIGESTS["many"], BRAND).as_text()
    message = prepare(letter, SENDER).message(READER)
    assert parsed(message).get_content_type() == "text/plain"
    assert_sound(message, letter)


@given(bodies, bodies, urls, urls)
def test_any_text_and_any_link_arrive_unchanged(text: str, html: str, unsubscribe: str, web: str) -> None:
    letter = Letter("Subject", text, html, listed=True)
    personal = replace(READER, unsubscribe_url=unsubscribe, web_url=web)
    message = prepare(letter, SENDER).message(personal)
    assert_sound(message, letter, personal)
    assert f"List-Unsubscribe: <{unsubscribe}>, <mailto:leave@example.org>" in lines(message)


@pytest.mark.parametrize("before", range(60, 80))
def test_no_line_begins_as_an_mbox_separates_mails_wherever_lines_are_broken(before: int) -> None:
    """Delivery into an mbox writes ">" before such a line, which breaks every signature."""
    text = f"From the start\n>From a quotation\n{'x' * before} From here to there\n"
    message = prepare(Letter("Subject", text, f"<p>{text}</p>\n"), SENDER).message(READER)
    assert_sound(message, Letter("Subject", text, f"<p>{text}</p>\n"))
    assert b"=46rom the start" in message
    assert b"=3EFrom a quotation" in message


def test_a_logo_travels_with_the_html_and_is_no_attachment() -> None:
    letter = compose_digest(DIGESTS["many"], replace(BRAND, logo=LOGO))
    message = prepare(letter, SENDER).message(READER)
    assert message.isascii()
    assert max(map(len, message.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    read = parsed(message)
    assert not read.defects
    assert read.get_content_type() == "multipart/related"
    bodies, image = read.iter_parts()
    assert [part.get_content_type() for part in bodies.iter_parts()] == ["text/plain", "text/html"]
    assert (image.get_content_type(), image.get_content()) == ("image/png", LOGO.octets)
    assert image.get_content_disposition() == "inline"
    html = read.get_body(("html",))
    assert html is not None
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html.get_content()
    assert "data:" not in html.get_content()
    assert 'src="data:image/png;base64,' in letter.html_for(READER)


def test_a_digest_without_links_to_judge_papers_needs_none() -> None:
    without = replace(READER, vote_url="")
    with pytest.raises(ValueError):
        prepare(MANY, SENDER).message(without)
    letter = compose_digest(DIGESTS["many"], BRAND, votes=False)
    assert_sound(prepare(letter, SENDER).message(without), letter, without)


def test_the_headers_of_a_digest() -> None:
    assert lines(prepare(MANY, SENDER).message(READER))[:-1] == [
        "From: Paper Digest <digest@example.org>",
        "To: reader@example.org",
        "Subject: =?utf-8?q?Bridging_the_Gap_Between_Promise_and_Performance_for?=",
        " =?utf-8?q?=E2=80=A6_and_7_more_=C2=B7_5_Nov?=",
        "Date: Wed, 05 Nov 2025 06:00:00 +0000",
        "Message-ID: <preview@digest.example.org>",
        "List-Id: Paper Digest <digest.example.org>",
        "List-Unsubscribe: <https://digest.example.org/u/preview>, <mailto:leave@example.org>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Feedback-ID: 2025-11-05:digest:paperdigest",
        "Auto-Submitted: auto-generated",
        "Content-Language: en",
        "MIME-Version: 1.0",
    ]


@pytest.mark.parametrize("length", [20, 50, 70, 200, 800])
def test_the_unsubscribe_link_is_never_folded_or_encoded(length: int) -> None:
    url = "https://digest.example.org/u/".ljust(length, "x")
    message = prepare(MANY, replace(SENDER, unsubscribe_mailto=None)).message(
        replace(READER, unsubscribe_url=url)
    )
    assert b"\r\nList-Unsubscribe: <" + url.encode() + b">\r\n" in message
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in message


def test_a_letter_that_is_not_listed_is_no_list_mail() -> None:
    letter = replace(MANY, listed=False)
    message = prepare(letter, SENDER).message(READER)
    assert_sound(message, letter)
    names = {line.partition(":")[0] for line in lines(message)}
    assert "Auto-Submitted" in names
    assert not [name for name in names if name.startswith("List-") or name == "Feedback-ID"]


def test_the_same_letter_and_reader_give_the_same_bytes() -> None:
    other = compose_digest(DIGESTS["many"], BRAND)
    assert prepare(MANY, SENDER).message(READER) == prepare(other, SENDER).message(READER)


def test_readers_of_one_letter_differ_in_their_links_only() -> None:
    letter = prepare(MANY, SENDER)
    other = replace(
        READER, to="b@example.org", message_id="<b@e.org>", web_url="https://digest.example.org/w/other"
    )
    assert letter.message(READER) != letter.message(other)
    assert parsed(letter.message(other))["To"] == "b@example.org"
    assert READER.web_url.encode() not in letter.message(other)


# --- Headers that strangers could write into ---------------------------------------------------


@given(st.text(max_size=120))
def test_any_subject_arrives_on_one_logical_line(subject: str) -> None:
    message = prepare(replace(MANY, subject=subject), SENDER).message(READER)
    assert message.isascii()
    assert all(
        len(line) <= 78 or " " not in line.strip()
        for line in lines(message)
        if line.startswith(("Subject", " =?"))
    )
    assert parsed(message)["Subject"] == folded(subject)
    assert parsed(message).keys() == parsed(prepare(MANY, SENDER).message(READER)).keys()


@pytest.mark.parametrize("control", list("\x00\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028"))
def test_no_control_character_reaches_a_header(control: str) -> None:
    nasty = f"a{control}Bcc: victim@example.org"
    sender = replace(
        SENDER, from_=f"{nasty} <digest@example.org>", feedback_id=nasty, list_id=nasty, list_name=nasty
    )
    message = prepare(replace(MANY, subject=nasty, language=nasty), sender).message(READER)
    assert parsed(message)["Bcc"] is None
    assert control not in message.replace(b"\r\n", b"").partition(b"--=_")[0].decode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Paper Digest", "Paper Digest"),
        ("Dr. Müller, Labor für 量子", "Dr. Müller, Labor für 量子"),
        ('"Papers, daily"', "Papers, daily"),
        ('He said "hi" \\ (bye)', 'He said "hi" \\ (bye)'),
        ("=?utf-8?q?fake?=", "=?utf-8?q?fake?="),
    ],
)
def test_senders_of_any_name_arrive(name: str, shown: str) -> None:
    message = prepare(MANY, replace(SENDER, from_=f"{name} <digest@example.org>")).message(READER)
    sender = parsed(message)["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (shown, "digest@example.org")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Papers of the Lab", "Papers of the Lab <digest.example.org>"),
        ("Papers, daily", '"Papers, daily" <digest.example.org>'),
        ('"Papers" <x>', '"\\"Papers\\" <x>" <digest.example.org>'),
        ("Müllers Labor", "<digest.example.org>"),
        ("=?utf-8?q?fake?=", "<digest.example.org>"),
        ("", "<digest.example.org>"),
    ],
)
def test_the_list_has_a_name_beside_its_id_if_that_is_ascii(name: str, value: str) -> None:
    assert f"List-Id: {value}" in lines(prepare(MANY, replace(SENDER, list_name=name)).message(READER))


def test_a_long_sender_name_is_folded_between_encoded_words() -> None:
    message = prepare(MANY, replace(SENDER, from_=f"{'Ä' * 90} <digest@example.org>")).message(READER)
    assert max(map(len, lines(message))) <= 110
    phrase, _, address = email.message_from_bytes(message, policy=compat32)["From"].rpartition(" ")
    # (Python's `default` policy reads spaces between encoded words of a name that are not there.)
    assert str(make_header(decode_header(phrase.strip()))) == "Ä" * 90
    assert address == "<digest@example.org>"


def test_a_bare_sender_address_is_enough() -> None:
    assert "From: digest@example.org" in lines(prepare(MANY, Sender("digest@example.org")).message(READER))


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org>, <b@example.org",
        "Name <a@example.org>",
        '"a\r\nb"@example.org',
        "a b@example.org",
        "a@exa mple.org",
        "a@example.org\x00",
        "ä@example.org",
        "a@" + "ä" * 80 + ".org",
        "nobody",
        "@example.org",
        "",
        "a" * 400 + "@example.org",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        prepare(MANY, SENDER).message(replace(READER, to=address))


def test_unusual_addresses_are_served() -> None:
    for address in ("o'neil+papers@example.org", '"a b"@example.org', "a.b_c@sub.example.org"):
        assert f"To: {address}" in lines(prepare(MANY, SENDER).message(replace(READER, to=address)))
    assert "To: a@xn--bcher-kva.example" in lines(
        prepare(MANY, SENDER).message(replace(READER, to="a@bücher.example"))
    )


@pytest.mark.parametrize(
    "change",
    [
        {"unsubscribe_url": ""},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"web_url": "https://e.org/a b"},
        {"preferences_url": "https://e.org/\r\nBcc: x@e.org"},
        {"web_url": "https://e.org/ü"},
        {"unsubscribe_url": "https://e.org/>,<mailto:x@e.org"},
        {"message_id": "no-brackets@e.org"},
        {"message_id": "<a@e.org>\r\nBcc: x@e.org"},
    ],
)
def test_a_link_or_id_not_fit_for_a_mail_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        prepare(MANY, SENDER).message(replace(READER, **change))
