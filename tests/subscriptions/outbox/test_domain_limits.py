"""A recipients' domain that wants less mail waits, and no other; a domain may have a limit of its own."""

import itertools
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from pytest_django import Settings

from subscriptions.models import Delivery, RecipientDomain, Run
from subscriptions.planning.planner import plan
from tests.factories import edition, reader, topic
from tests.services.ports import free_port
from tests.services.smtp import SmtpServer
from tests.subscriptions.outbox.test_refusals import states
from tests.subscriptions.outbox.test_several_relays import deliver, running, use

pytestmark = pytest.mark.django_db


class Busy(SmtpServer):
    """Answers 421 to recipients at busy.example, as a relay that hands mail on at once."""

    answer = "421 4.7.0 Try again later, closing connection"
    asked = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer and address.endswith("@busy.example"):
            self.asked += 1
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


def planned(*names: str) -> Run:
    agents = topic("agents", "agents")
    edition("First agents")
    for name in names:
        reader(name, topics=[agents])
    plan(timezone.now())
    return Run.objects.get()


BUSY = [f"reader{number}@busy.example" for number in range(40)]
OTHERS = [f"reader{number}@{name}.example" for number in range(15) for name in ("one", "two")]


def to(server: SmtpServer, domain: str) -> int:
    return sum(mail.recipients[0].endswith(f"@{domain}") for mail in server.mails)


@pytest.mark.parametrize("relays", [1, 2])
@pytest.mark.parametrize("answer", [Busy.answer, "450 4.7.28 rate of mail from you is unusual"])
def test_a_domain_that_says_later_waits_and_all_others_get_their_mail(
    settings: Settings, relays: int, answer: str
) -> None:
    run = planned(*OTHERS[:8], *BUSY, *OTHERS[8:])
    servers = [Busy() for _ in range(relays)]
    for server in servers:
        server.answer = answer
    use(settings, *(server.url for server in servers))
    with running(*servers):
        deliver()
        assert sum(to(server, "one.example") + to(server, "two.example") for server in servers) == len(OTHERS)
        run.refresh_from_db()
        assert run.state == Run.State.RUNNING
        assert states(Delivery) == {"accepted": len(OTHERS), "deferred": len(BUSY)}
        row = RecipientDomain.objects.get()
        assert (row.domain, row.failures) == ("busy.example", 1)
        asked = sum(server.asked for server in servers)
        assert asked < len(BUSY) - 10  # those that were under way; the others were not even tried
        for server in servers:
            server.answer = ""
        for minutes in (5, 10):
            with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
                deliver()
    assert states(Delivery) == {"accepted": len(OTHERS) + len(BUSY)}
    recipients = [mail.recipients[0] for server in servers for mail in server.mails]
    assert sorted(recipients) == sorted(OTHERS + BUSY)
    row.refresh_from_db()
    assert row.failures == 0


def test_a_domain_that_waits_says_why_and_its_mails_count_as_no_attempt(settings: Settings) -> None:
    planned(*OTHERS, *BUSY)
    server = Busy()
    use(settings, server.url)
    with running(server):
        deliver()
    waiting = Delivery.objects.filter(state="deferred", attempts=0)
    assert waiting.count() > len(BUSY) - 12
    assert {row.reason for row in waiting} == {
        f"busy.example waits, others do not: RCPT TO rejected: {Busy.answer}"
    }


def test_if_the_busy_domain_is_first_in_the_queue_the_others_go_a_minute_later(settings: Settings) -> None:
    planned(*BUSY)
    server = Busy()
    use(settings, server.url)
    with running(server):
        deliver()
        assert not server.mails
        planned_later(*OTHERS)
        with time_machine.travel(timezone.now() + timedelta(seconds=70), tick=True):
            deliver()
    assert len(server.mails) == len(OTHERS)


def planned_later(*names: str) -> None:
    """Letters to other readers, which come behind what waits already."""
    for name in names:
        Delivery.objects.post(reader(name), "saved", timezone.now() + timedelta(seconds=65))
    Delivery.objects.filter(kind="saved").update(priority=2)


def test_a_relay_that_answers_421_to_everybody_makes_all_wait_and_a_while_later_all_goes(
    settings: Settings,
) -> None:
    run = planned(*OTHERS)
    server = Busy(refuse=dict.fromkeys(OTHERS, Busy.answer))
    server.handle_RCPT = SmtpServer.handle_RCPT.__get__(server)  # type: ignore[method-assign]
    use(settings, server.url)
    with running(server):
        deliver()
        run.refresh_from_db()
        assert run.state == Run.State.PAUSED
        server.refuse.clear()
        for minutes in (3, 5, 8):
            with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
                deliver()
    assert states(Delivery) == {"accepted": len(OTHERS)}


def test_a_domain_with_a_limit_gets_its_mail_at_that_rate_and_others_at_once(settings: Settings) -> None:
    settings.DOMAIN_RATES = {"busy.example": 4 / 60}  # four a minute
    begun = timezone.now()
    planned(*OTHERS, *BUSY)
    server = SmtpServer()
    use(settings, server.url)
    with running(server):
        deliver()
        assert (to(server, "busy.example"), len(server.mails)) == (4, len(OTHERS) + 4)
        assert states(Delivery) == {"accepted": len(OTHERS) + 4, "deferred": len(BUSY) - 4}
        later = list(
            Delivery.objects.filter(state="deferred")
            .order_by("not_before")
            .values_list("not_before", flat=True)
        )
        gaps = {round((after - before).total_seconds()) for before, after in itertools.pairwise(later)}
        assert gaps == {15}
        for minutes in range(1, 13):
            with time_machine.travel(begun + timedelta(minutes=minutes, seconds=5), tick=True):
                deliver()
        assert to(server, "busy.example") == len(BUSY)
    assert Delivery.objects.filter(attempts__gt=1).count() == 0


def test_a_relay_that_cannot_be_reached_is_no_domains_fault(settings: Settings) -> None:
    planned(*BUSY)
    use(settings, f"smtp://127.0.0.1:{free_port()}")
    deliver()
    assert not RecipientDomain.objects.exists()
