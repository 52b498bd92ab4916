"""One reader's finished message: ours beside Django's, the standard library's, and premailer for each."""

from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from digest.compose import Letter, Personal, Sender, assemble_digest, compose_digest, prepare
from digest.compose.samples import BRAND, DIGESTS, READER
from digest.compose.templating.css_inliner import inline_page
from tests.bench.report import Report, Table, at_most
from tests.bench.timing import interleaved

CONTENT = DIGESTS["many"]
SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", feedback_id="digest:bench")
SHARED, OWN = "ours, a letter shared with others", "ours, a letter of one's own, joined from fragments"
WHOLE = "ours, rendered as a whole, as pages are"


def run(report: Report) -> None:
    if not settings.configured:
        settings.configure()  # Django's messages ask for a character set
    letter = compose_digest(CONTENT, BRAND)
    prepared = prepare(letter, SENDER)
    # Each contestant with how many messages it makes in a turn.
    contestants: dict[str, tuple[Callable[[Personal], bytes], int]] = {
        SHARED: (prepared.message, 5000),
        OWN: (lambda reader: prepare(assemble_digest(CONTENT, BRAND), SENDER).message(reader), 300),
        WHOLE: (lambda reader: prepare(compose_digest(CONTENT, BRAND), SENDER).message(reader), 20),
        "Django's EmailMultiAlternatives, texts finished": (lambda reader: by_django(letter, reader), 300),
        "email.message.EmailMessage, texts finished": (lambda reader: by_library(letter, reader), 100),
        "premailer and EmailMultiAlternatives": (lambda reader: by_premailer(letter, reader), 10),
    }
    seconds = interleaved(
        {name: _many(make, times) for name, (make, times) in contestants.items()},
        report.rounds,
        report.progress,
    )
    size = len(prepared.message(READER))
    table = Table(f"A message of {size / 1000:.0f} KB for one reader", ("", "µs", "× shared", "goal", "met"))
    shared = seconds[SHARED].median / contestants[SHARED][1]
    for name, (_, times) in contestants.items():
        each = seconds[name].times(1e6 / times)
        goal = at_most(each, 30, " µs") if name == SHARED else (None, None)
        table.row(name, each, each.median / 1e6 / shared, *goal)
    table.note("Headers, text and HTML, encoded, as bytes; links and addresses differ from reader to reader.")
    report.add(table)


def by_django(letter: Letter, reader: Personal, html: str | None = None) -> bytes:
    """What Django's documentation shows for text and HTML."""
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text_for(reader),
        SENDER.from_,
        [reader.to],
        headers={"Message-ID": reader.message_id, "List-Unsubscribe": f"<{reader.unsubscribe_url}>"},
    )
    message.attach_alternative(html or letter.html_for(reader), "text/html")
    return bytes(message.message().as_bytes())


def by_library(letter: Letter, reader: Personal) -> bytes:
    """What the standard library's documentation shows for text and HTML."""
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = letter.subject, SENDER.from_, reader.to
    message["Message-ID"], message["List-Unsubscribe"] = reader.message_id, f"<{reader.unsubscribe_url}>"
    message.set_content(letter.text_for(reader))
    message.add_alternative(letter.html_for(reader), subtype="html")
    return message.as_bytes()


def by_premailer(letter: Letter, reader: Personal) -> bytes:
    """Styles inlined for each reader's page, which is rendered already."""
    return by_django(letter, reader, inline_page(letter.html_for(reader)))


def _many(make: Callable[[Personal], bytes], times: int) -> Callable[[], object]:
    readers = [
        replace(READER, to=f"reader-{n}@readers.example", unsubscribe_url=f"https://digest.example.org/u/{n}")
        for n in range(times)
    ]
    return lambda: [make(reader) for reader in readers]
