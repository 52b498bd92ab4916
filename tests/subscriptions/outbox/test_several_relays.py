"""Several relays: each within its limits, the mail of one that fails by the others, and no reader twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone
from pytest_django import Settings

from digest import mail_env
from subscriptions import outbox
from subscriptions.emails import alarms
from subscriptions.models import Delivery, MailRelay, Run
from subscriptions.relay import open_relay
from tests.services.habitual_smtp import Habits, HabitualServer, habitual
from tests.services.ports import free_port
from tests.services.smtp import SmtpServer
from tests.subscriptions.outbox.test_refusals import planned, states

pytestmark = pytest.mark.django_db
READERS = 60
EVERYBODY = sorted(f"reader{number}@readers.example" for number in range(READERS))


@dataclass
class Failing(SmtpServer):
    """Takes `most` mails, then answers each MAIL with `answer`."""

    most: int = 10
    answer: str = "421 4.3.2 shutting down"
    begun: int = 0

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.begun >= self.most:
            return self.answer
        self.begun += 1
        envelope.mail_from = address
        return "250 2.1.0 OK"


@contextmanager
def running(*servers: SmtpServer) -> Iterator[None]:
    controllers = [server.controller() for server in servers]
    for controller in controllers:
        controller.start()
    yield
    for controller in controllers:
        controller.stop()


def use(settings: Settings, *urls: str) -> None:
    settings.EMAIL_URL = ", ".join(urls)
    settings.EMAIL_RELAYS = mail_env.email_relays(settings.EMAIL_URL)


def deliver() -> Counter[str]:
    relay = open_relay()
    try:
        return outbox.deliver(relay)
    finally:
        relay.close()


def recipients(*servers: SmtpServer) -> list[str]:
    return sorted(mail.recipients[0] for server in servers for mail in server.mails)


def row(server: SmtpServer | HabitualServer) -> MailRelay:
    return MailRelay.objects.get(name=f"127.0.0.1:{server.port}")


def url(server: HabitualServer) -> str:
    return f"smtp://127.0.0.1:{server.port}"


def test_mail_goes_by_both_relays_in_their_shares(settings: Settings) -> None:
    planned(READERS)
    one, other = SmtpServer(), SmtpServer()
    use(settings, f"{one.url}?share=3&connections=2", f"{other.url}?share=1&connections=2")
    settings.DOMAIN_RATES = {}
    with running(one, other):
        deliver()
    assert recipients(one, other) == EVERYBODY
    assert min(len(one.mails), len(other.mails)) > 0
    assert row(one).used + row(other).used == READERS
    assert (row(one).used, row(other).used) == (len(one.mails), len(other.mails))


@pytest.mark.parametrize(
    "answer", ["421 4.3.2 shutting down", "451 4.3.0 queue file write error", "535 5.7.8 who are you?"]
)
def test_a_relay_that_fails_in_the_middle_is_left_and_all_mails_go_once_by_the_other(
    settings: Settings, answer: str
) -> None:
    planned(READERS)
    bad, good = Failing(most=10, answer=answer), SmtpServer()
    use(settings, bad.url, good.url)
    with running(bad, good):
        deliver()
        assert Run.objects.get().state != Run.State.PAUSED
        with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
            good_before = len(good.mails)
            deliver()
    assert good_before == READERS - 10
    assert recipients(bad, good) == EVERYBODY
    assert states(Delivery) == {"accepted": READERS}
    assert answer in row(bad).reason
    assert row(bad).failures > 0


def test_a_relay_that_cannot_be_reached_costs_no_mail_and_no_delay(settings: Settings) -> None:
    planned(READERS)
    good = SmtpServer()
    use(settings, f"smtp://127.0.0.1:{free_port()}", good.url)
    with running(good):
        assert deliver() == {"accepted": READERS}
    assert recipients(good) == EVERYBODY


def test_a_relay_that_loses_mails_after_the_end_of_data_makes_them_unknown_and_never_sent_again(
    settings: Settings,
) -> None:
    planned(READERS)
    silent = Habits(limit=5, limit_at="DOT")
    with habitual(silent) as bad, habitual(Habits()) as good:
        use(settings, f"{url(bad)}?connections=1", f"{url(good)}?connections=1")
        deliver()
        with time_machine.travel(timezone.now() + timedelta(hours=5), tick=True):
            deliver()
        taken = Counter(recipient for server in (bad, good) for recipient, _ in server.took)
    assert set(taken.values()) == {1}
    unknown = states(Delivery)["unknown"]
    assert unknown > 0
    assert sum(taken.values()) == READERS - unknown


def test_while_all_relays_fail_everything_waits_and_then_goes_once(settings: Settings) -> None:
    run = planned(READERS)
    bad, worse = Failing(most=10), Failing(most=10)
    use(settings, bad.url, worse.url)
    with running(bad, worse):
        deliver()
        assert states(Delivery)["deferred"] == READERS - 20
        run.refresh_from_db()
        assert run.state == Run.State.PAUSED
        bad.most = worse.most = READERS
        with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=True):
            deliver()
    assert recipients(bad, worse) == EVERYBODY


def test_failover_gets_mail_only_when_the_first_fails_and_the_first_again_when_it_is_back(
    settings: Settings,
) -> None:
    planned(READERS)
    first, second = Failing(most=20), SmtpServer()
    use(settings, first.url, f"{second.url}?failover=1")
    with running(first, second):
        deliver()
        assert len(first.mails) == 20
        assert len(second.mails) == READERS - 20
        first.most = 2 * READERS
        Delivery.objects.all().delete()
        planned_again = planned_for_others(10)
        with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=True):
            deliver()
    assert {mail.recipients[0] for mail in first.mails[20:]} >= set(planned_again)


def planned_for_others(count: int) -> list[str]:
    """Letters to new readers that wait; returns their addresses."""
    from subscriptions.models import Subscriber  # noqa: PLC0415

    names = list(Subscriber.objects.order_by("pk").values_list("email", flat=True)[:count])
    for reader in Subscriber.objects.filter(email__in=names):
        Delivery.objects.post(reader, "saved", timezone.now())
    return names


def test_the_day_of_a_quota_used_up_the_rest_goes_by_the_other_relay(settings: Settings) -> None:
    planned(READERS)
    small, large = SmtpServer(), SmtpServer()
    use(settings, f"{small.url}?per_day=15&share=50", large.url)
    with running(small, large):
        assert deliver() == {"accepted": READERS}
    assert len(small.mails) <= 15
    assert recipients(small, large) == EVERYBODY


def test_with_every_quota_used_up_mail_waits_until_the_time_it_is_told_and_then_goes(
    settings: Settings,
) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=True):
        run = planned(READERS)
    one, other = SmtpServer(), SmtpServer()
    use(settings, f"{one.url}?per_day=10", f"{other.url}?per_day=25")
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    with running(one, other):
        with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=True):
            deliver()
            assert (len(one.mails), len(other.mails)) == (10, 25)
        waiting = Delivery.objects.filter(state="deferred").values_list("not_before", flat=True)
        assert {moment.replace(microsecond=0) for moment in waiting} == {midnight}
        run.refresh_from_db()
        assert run.state == Run.State.PAUSED
        assert run.resumes_at
        assert run.resumes_at.replace(microsecond=0) == midnight
        assert "no relay takes more mail before 2026-12-01 00:00 UTC" in run.reason
        assert not list(alarms.problems(datetime(2026, 11, 30, 14, tzinfo=UTC)))
        with time_machine.travel(midnight + timedelta(minutes=1), tick=True):
            deliver()
    assert recipients(one, other) == EVERYBODY
    assert states(Delivery) == {"accepted": READERS}


def test_what_was_granted_and_not_sent_counts_for_no_quota(settings: Settings) -> None:
    planned(READERS)
    server = SmtpServer(refuse=dict.fromkeys(EVERYBODY[:5], "550 5.1.1 no such user"))
    use(settings, f"{server.url}?per_day=1000")
    settings.REFUSALS_HOLD = 200
    with running(server):
        deliver()
    assert row(server).used == len(server.mails) == READERS - 5


def test_senders_share_a_quota(settings: Settings) -> None:
    planned(READERS)
    server = SmtpServer()
    use(settings, f"{server.url}?per_day=20")
    with running(server):
        relays = [open_relay(), open_relay()]
        for relay in relays:
            outbox.deliver(relay, limit=15)
        for relay in relays:
            relay.close()
    assert len(server.mails) == 20


def test_a_relay_with_a_rate_is_given_mail_at_that_rate(settings: Settings) -> None:
    planned(8)
    server = SmtpServer()
    use(settings, f"{server.url}?rate=5/s")
    begun = timezone.now()
    with running(server):
        assert deliver() == {"accepted": 8}
    assert timezone.now() - begun >= timedelta(seconds=0.6)  # five at once, and one each 0.2 seconds


def test_a_session_ends_after_as_many_mails_as_the_relay_may_be_given(settings: Settings) -> None:
    planned(READERS)
    with habitual(Habits()) as server:
        use(settings, f"{url(server)}?per_session=7&connections=1")
        deliver()
        assert len(server.took) == READERS
        mails = [sum(line.startswith("MAIL") for line in session) for session in server.sessions]
    assert mails == [7] * (READERS // 7) + [READERS % 7]


def test_the_connections_of_a_relay_are_its_own(settings: Settings) -> None:
    planned(READERS)
    with habitual(Habits()) as one, habitual(Habits()) as other:
        use(settings, f"{url(one)}?connections=1", f"{url(other)}?connections=3")
        deliver()
        assert len(one.took) + len(other.took) == READERS
        assert (len(one.sessions), len(other.sessions)) == (1, 3)


def test_a_new_sender_warms_up_day_by_day(settings: Settings) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=True):
        planned(READERS)
    server = SmtpServer()
    use(settings, f"{server.url}?warm_up=10")
    counts = []
    with running(server):
        for day in range(4):
            with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC) + timedelta(days=day), tick=True):
                deliver()
            counts.append(len(server.mails))
    assert counts == [10, 30, READERS, READERS]


def test_a_relay_that_is_switched_off_gets_no_mail(settings: Settings) -> None:
    planned(READERS)
    one, other = SmtpServer(), SmtpServer()
    use(settings, one.url, other.url)
    open_relay().close()
    MailRelay.objects.filter(name=f"127.0.0.1:{one.port}").update(enabled=False)
    with running(one, other):
        deliver()
    assert (recipients(one), recipients(other)) == ([], EVERYBODY)


def test_a_relay_of_the_admins_page_gets_mail_beside_those_of_the_url(settings: Settings) -> None:
    planned(READERS)
    one, other = SmtpServer(), SmtpServer()
    use(settings, one.url)
    MailRelay.objects.create(name="second", host="127.0.0.1", port=other.port, encryption="none")
    with running(one, other):
        deliver()
    assert recipients(one, other) == EVERYBODY
    assert min(len(one.mails), len(other.mails)) > 0


def test_one_relay_without_limits_is_counted_nowhere(settings: Settings) -> None:
    planned(5)
    server = SmtpServer()
    use(settings, server.url)
    with running(server):
        deliver()
    assert recipients(server) == EVERYBODY[:0] + sorted(
        f"reader{number}@readers.example" for number in range(5)
    )
    assert not MailRelay.objects.exists()
