"""`python -m tests.bench.sending.peers NAME COUNT CONTENT`: one peer hands over COUNT mails at the word.

CONTENT is a JSON file with `subject`, `text`, `html` and the finished `message` of one of our mails. Each
peer is used as its documentation shows; rows that it needs exist before the word, as our deliveries do.
"""

import json
import os
import smtplib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import call_command

from tests.bench.sending.tools import Tools
from tests.bench.sending.turns import take_turn

Act = Callable[[], int]
_LINK = "https://digest.example/read/{}/"


def newsletter(count: int, content: dict[str, str]) -> Act:
    """django-newsletter: the submit loop of a submission to all subscriptions of a newsletter."""
    from newsletter.models import Submission  # noqa: PLC0415 - only this peer's process has it

    submission = Submission.from_message(_message(count, content))

    def act() -> int:
        submission.submit()
        return count

    return act


def newsletter_day(count: int, content: dict[str, str]) -> Act:
    """The same, with the submission and its list of subscriptions."""
    from newsletter.models import Submission  # noqa: PLC0415 - as above

    message = _message(count, content)

    def act() -> int:
        Submission.from_message(message).submit()
        return count

    return act


def _message(count: int, content: dict[str, str]) -> Any:
    """A message of a newsletter with `count` subscriptions."""
    from newsletter.models import Article, Message, Newsletter, Subscription  # noqa: PLC0415 - as above

    facts = {"title": "Digest", "email": "digest@digest.example", "sender": "Digest"}
    letter, _ = Newsletter.objects.get_or_create(slug=f"digest-{count}", defaults=facts)
    if not Subscription.objects.filter(newsletter=letter).exists():
        Subscription.objects.bulk_create(
            Subscription(
                newsletter=letter,
                email_field=_address(number),
                subscribed=True,
                activation_code=f"{number:040}",
            )
            for number in range(count)
        )
    message = Message.objects.create(newsletter=letter, title="Papers", slug=f"m{Message.objects.count()}")
    Article.objects.create(post=message, sortorder=10, title="Papers", text=content["html"])
    return message


def post_office(count: int, content: dict[str, str]) -> Act:
    """django-post-office: mails queued in its table, and its command to send the queue."""
    from post_office import mail  # noqa: PLC0415
    from post_office.models import STATUS, Email  # noqa: PLC0415

    Email.objects.all().delete()
    mail.send_many(
        [
            {
                "recipients": [_address(number)],
                "sender": settings.DEFAULT_FROM_EMAIL,
                "subject": content["subject"],
                "message": content["text"] + _LINK.format(number),
                "html_message": content["html"] + _LINK.format(number),
            }
            for number in range(count)
        ]
    )

    def act() -> int:
        call_command("send_queued_mail")
        return int(Email.objects.filter(status=STATUS.sent).count())

    return act


def send_messages(count: int, content: dict[str, str]) -> Act:
    """Django's own: messages built and sent on one connection."""

    def act() -> int:
        messages = []
        for number in range(count):
            link = _LINK.format(number)
            message = EmailMultiAlternatives(
                content["subject"], content["text"] + link, None, [_address(number)]
            )
            message.attach_alternative(content["html"] + link, "text/html")
            messages.append(message)
        return int(get_connection().send_messages(messages))

    return act


def finished(count: int, content: dict[str, str]) -> Act:
    """smtplib with bytes that are finished: as little as a client in Python can do, one mail at a time."""
    message = content["message"].encode("ascii", "surrogateescape")

    def act() -> int:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as smtp:
            for number in range(count):
                smtp.sendmail("digest@digest.example", [_address(number)], message)
        return count

    return act


def source(count: int, content: dict[str, str]) -> Act:
    """Postfix's load program in C, 8 sessions, each kept open."""
    tools = Tools()
    assert tools.source
    command = (
        *(tools.source, "-d", "-s", "8", "-m", str(count), "-l", str(len(content["message"]))),
        *("-f", "digest@digest.example", "-t", _address(0)),
        f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
    )

    def act() -> int:
        subprocess.run(command, check=True, env=os.environ | tools.environment)
        return count

    return act


def _address(number: int) -> str:
    return f"reader-{number:07}@readers.example"


PEERS = {
    "newsletter": newsletter,
    "newsletter-day": newsletter_day,
    "post-office": post_office,
    "send-messages": send_messages,
    "finished": finished,
    "smtp-source": source,
}


def main() -> None:
    name, count, path = sys.argv[1:4]
    django.setup()
    content = json.loads(Path(path).read_text(encoding="ascii"))
    if name.startswith(("newsletter", "post-office")):
        call_command("migrate", verbosity=0)
    take_turn(PEERS[name](int(count), content))


if __name__ == "__main__":
    main()
