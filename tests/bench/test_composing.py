"""The messages that are timed are the same mail."""

import email
import email.policy

import pytest

from digest.compose import Letter, compose_digest, prepare
from digest.compose.samples import BRAND, READER
from tests.bench.sections import composing


@pytest.fixture(scope="module")
def letter() -> Letter:
    return compose_digest(composing.CONTENT, BRAND)


def test_every_way_gives_the_same_text_and_subject(letter: Letter) -> None:
    messages = [
        prepare(letter, composing.SENDER).message(READER),
        composing.by_django(letter, READER),
        composing.by_library(letter, READER),
        composing.by_premailer(letter, READER),
    ]
    parsed = [email.message_from_bytes(message, policy=email.policy.default) for message in messages]
    assert {str(message["Subject"]).strip() for message in parsed} == {letter.subject}
    texts = {message.get_body(("plain",)).get_content().strip().replace("\r\n", "\n") for message in parsed}  # type: ignore[union-attr]
    assert texts == {letter.text_for(READER).strip()}
    assert all("<html" in message.get_body(("html",)).get_content() for message in parsed)  # type: ignore[union-attr]
