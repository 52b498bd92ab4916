"""What holds of every letter, also of the next: these tests run over whatever is registered."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from digest.compose import Context, Sender, WelcomeContent, prepare
from digest.compose.letter import HTML_LIMIT
from digest.compose.samples import BRAND, LOGO, READER
from digest.compose.templating.environment import TEMPLATES
from digest.compose.templating.flatten import flatten
from digest.compose.templating.lint import lint
from digest.compose.welcome import view_welcome
from digest.lib.languages import languages
from subscriptions import outbox
from subscriptions.emails.letters import LETTER_OF, LETTERS
from subscriptions.emails.letters.letter_type import LetterType
from subscriptions.models import Delivery, Subscriber
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.digest.compose.letters import read, words
from tests.digest.compose.templating.test_css_inliner import assert_same_either_way
from tests.factories import DAY, NOW, edition, reader, topic
from tests.subscriptions.emails.composed import COMPOSED, OTHERS

QUEUED = [letter.name for letter in LETTERS if letter.content]
SAMPLES = [(letter.name, case, content) for letter in LETTERS for case, content in letter.samples.items()]
CONFIRM, ALARM = (LETTER_OF[name].samples["plain"] for name in ("confirm", "alarm"))
# What no sample shows.
MORE_SAMPLES = [
    ("confirm", "own queries only", replace(CONFIRM, topics=())),
    ("confirm", "topics only", replace(CONFIRM, queries=0)),
    ("confirm", "neither", replace(CONFIRM, topics=(), queries=0)),
    ("alarm", "without a detail", replace(ALARM, detail="")),
]


@pytest.fixture
def _now(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.MAILBOX_DIR = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


# --- Registered ------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.name)
def test_a_letter_has_a_name_that_fits_its_deliveries_a_label_templates_and_samples(
    letter: LetterType[Any],
) -> None:
    assert len(letter.name) <= (Delivery._meta.get_field("kind").max_length or 0)
    assert LETTER_OF[letter.name] is letter
    assert letter.label
    assert letter.samples
    for part in ("subject", "txt", "html"):
        assert (TEMPLATES / f"{letter.name}.{part}").is_file()


def test_every_template_belongs_to_a_letter() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.*")} == LETTER_OF.keys()


# --- Composed --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMPOSED)
def test_text_is_wrapped_and_links_stand_whole_on_their_lines(name: str) -> None:
    text = COMPOSED[name].text_for(READER)
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.startswith("\n")
    for line in text.splitlines():
        assert len(line) <= 72 or re.search(r"https?://\S+$", line) or len(line.split()) == 1, line
        assert line == line.rstrip()
        assert "&amp;" not in line or "bold" in line  # the hostile abstract's own


@pytest.mark.parametrize("name", COMPOSED)
def test_nothing_stands_outside_of_the_sheet_but_the_preheader(name: str) -> None:
    page = read(COMPOSED[name]).body
    for apart in page.select(".preheader, .sheet"):
        apart.decompose()
    assert page.get_text().strip() == ""


@pytest.mark.parametrize("name", OTHERS)
def test_a_letter_is_small_enough_for_any_mail_program(name: str) -> None:
    message = prepare(OTHERS[name], Sender("a@example.org")).message(READER)
    assert len(message[message.rindex(b"Content-Type: text/html") :]) <= HTML_LIMIT


@pytest.mark.parametrize("name", OTHERS)
def test_only_letters_of_the_mailing_list_hold_links_to_unsubscribe(name: str) -> None:
    letter = OTHERS[name]
    assert (READER.unsubscribe_url in letter.text_for(READER)) == letter.listed
    if not letter.listed:
        nobody = replace(READER, unsubscribe_url="", preferences_url="", web_url="", vote_url="")
        message = prepare(letter, Sender("a@example.org")).message(nobody)
        assert b"List-Unsubscribe" not in message


@pytest.mark.parametrize(
    ("name", "content"),
    [pytest.param(name, content, id=f"{name}-{case}") for name, case, content in SAMPLES],
)
def test_an_imprint_stands_at_the_foot(name: str, content: Context) -> None:
    letter = LETTER_OF[name].compose(content, replace(BRAND, imprint="Responsible: Ada <Example>"))
    assert words(letter).endswith("Responsible: Ada <Example>")
    assert letter.text.endswith("Responsible: Ada <Example>\n")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(name, content, id=f"{name}-{case}")
        for name, case, content in SAMPLES + MORE_SAMPLES
        if name != Delivery.DIGEST  # tests/digest/compose/templating/ does this with many more digests
    ],
)
def test_inlining_the_template_equals_inlining_the_letter(name: str, content: Any, language: str) -> None:
    content = replace(content, language=language)
    view = view_welcome(content) if isinstance(content, WelcomeContent) else content
    assert_same_either_way(f"{name}.html", view, replace(BRAND, logo=LOGO))


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.name)
def test_a_template_holds_nothing_that_cannot_be_inlined_once(letter: LetterType[Any]) -> None:
    source = flatten(f"{letter.name}.html", lambda name: (TEMPLATES / name).read_text(encoding="utf-8"))
    assert lint(source) == []


# --- Delivered -------------------------------------------------------------------------------


def asking(name: str, state: Subscriber.State) -> Delivery:
    """A reader in this state, for whom the letter is queued."""
    edition("Agents at work", day=DAY)
    ada = reader(topics=[topic("agents", "agents")], state=state, new_email="new@readers.example")
    return Delivery.objects.post(ada, name, NOW)


@pytest.mark.django_db
@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize("name", QUEUED)
@pytest.mark.parametrize("state", Subscriber.State)
def test_a_letter_that_is_queued_reaches_the_readers_it_is_for_and_nobody_else(
    name: str, state: Subscriber.State
) -> None:
    delivery = asking(name, state)
    letter = LETTER_OF[name]
    outbox.deliver(LocalMailbox())
    delivery.refresh_from_db()
    mails = local_mailbox.entries().entries
    if state not in letter.wanted_in:
        assert (delivery.state, mails) == ("skipped", ())
        return
    assert delivery.state == "accepted", delivery.reason
    (mail,) = mails
    assert mail.recipient == ("new@readers.example" if letter.to_new_address else "ada@readers.example")
    assert mail.subject


@pytest.mark.django_db
@pytest.mark.usefixtures("_now")
def test_a_letter_that_this_version_does_not_have_waits_for_one_that_does() -> None:
    """Queued by a newer version, before the operator went back to this one."""
    delivery = asking("tomorrows", Subscriber.State.ACTIVE)
    other = Delivery.objects.post(delivery.subscriber, "known", NOW + timedelta(seconds=-1))
    outbox.deliver(LocalMailbox())
    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("deferred", "there is no letter “tomorrows”")
    assert delivery.not_before > NOW
    assert other.state == "accepted"


# --- One letter and another ------------------------------------------------------------------


def test_a_confirmation_repeats_nothing_a_visitor_typed() -> None:
    letter = OTHERS["confirm-plain"]
    assert letter.subject == "Confirm your subscription to Paper Digest"
    for said in (words(letter), " ".join(letter.text.split())):
        assert "Quantization" in said
        assert "2 queries of your own" in said
        assert CONFIRM.confirm_url in said
        assert "Unsubscribe" not in said
    assert not letter.listed


def test_a_known_address_gets_its_preferences_link() -> None:
    url = LETTER_OF["known"].samples["plain"].preferences_url
    assert url in OTHERS["known-plain"].text
    assert url in [link["href"] for link in read(OTHERS["known-plain"]).find_all("a")]
