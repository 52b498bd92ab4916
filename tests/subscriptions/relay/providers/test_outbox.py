"""A run goes by a provider's API with the states and promises of any relay, to a real HTTP server."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from digest import mail_env
from subscriptions import outbox
from subscriptions.models import Delivery, ProviderMessage, Refusal, Run, Subscriber
from subscriptions.relay import open_relay
from tests.services.ports import free_port
from tests.services.provider_api import NONE, Answer, ProviderApi, provider_api
from tests.subscriptions.outbox.test_refusals import planned, states

pytestmark = pytest.mark.django_db
ACCOUNTS = {
    "mailgun": "mailgun://key@mg.example.org",
    "postmark": "postmark://token",
    "sendgrid": "sendgrid://key",
    "brevo": "brevo://key",
    "resend": "resend://key",
    "ses": "ses://AKIA:secret@eu-central-1?configuration_set_name=plain",
}
BY_FIELDS = ["brevo", "postmark", "resend", "sendgrid"]
TWO = ["mailgun", "postmark"]


@pytest.fixture
def api() -> Iterator[ProviderApi]:
    with provider_api() as server:
        yield server


@pytest.fixture(autouse=True)
def _from_us(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Paper Digest <digest@example.org>"


def deliver(settings: Any, api: ProviderApi, scheme: str) -> None:
    settings.EMAIL_URL = api.url(ACCOUNTS[scheme])
    settings.EMAIL_RELAYS = [mail_env.email_relay(settings.EMAIL_URL)]
    relay = open_relay()
    try:
        outbox.deliver(relay)
    finally:
        relay.close()


def to(number: int, answer: Answer) -> Any:
    return lambda call: answer if call.recipient == f"reader{number}@readers.example" else None


@pytest.mark.parametrize("scheme", ACCOUNTS)
def test_a_run_is_taken_mail_by_mail_and_the_providers_ids_are_kept(
    settings: Any, api: ProviderApi, scheme: str
) -> None:
    planned(12)
    deliver(settings, api, scheme)
    assert states(Delivery) == {"accepted": 12}
    assert api.recipients == sorted(f"reader{number}@readers.example" for number in range(12))
    known = set(ProviderMessage.objects.values_list("provider_id", flat=True))
    assert len(known) == 12
    one = ProviderMessage.objects.select_related("delivery").first()
    assert one is not None
    assert one.provider_id in one.delivery.reason


def test_calls_are_made_at_once(settings: Any, api: ProviderApi) -> None:
    planned(8)
    api.answer = lambda call: Answer(
        200, {"ErrorCode": 0, "Message": "OK", "MessageID": "x", "To": call.recipient}, seconds=0.2
    )
    deliver(settings, api, "postmark")
    assert states(Delivery) == {"accepted": 8}
    assert 1 < api.busiest <= settings.SMTP_CONNECTIONS


@pytest.mark.parametrize("answer", [NONE, Answer(502), Answer(200, {"never": "seen before"})])
@pytest.mark.parametrize("scheme", [*TWO, "ses"])
def test_a_call_without_an_answer_is_unknown_and_never_made_again(
    settings: Any, api: ProviderApi, scheme: str, answer: Answer
) -> None:
    planned(1)
    api.answer = to(0, answer)
    for _ in range(2):
        deliver(settings, api, scheme)
        outbox.reclaim_expired(timezone.now())
    assert states(Delivery) == {"unknown": 1}
    assert len(api.calls) == 1


def test_with_an_idempotency_key_it_is_made_again_with_the_same_key(settings: Any, api: ProviderApi) -> None:
    planned(2)
    silent = iter([True, True])
    api.answer = lambda call: NONE if call.recipient.startswith("reader1@") and next(silent, False) else None
    deliver(settings, api, "resend")
    assert states(Delivery) == {"accepted": 2}
    keys = [call.headers["Idempotency-Key"] for call in api.calls if call.recipient.startswith("reader1@")]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert len({call.headers["Idempotency-Key"] for call in api.calls}) == 2


def test_a_provider_that_is_down_leaves_few_mails_in_doubt(settings: Any, api: ProviderApi) -> None:
    planned(40)
    api.answer = lambda call: NONE
    deliver(settings, api, "postmark")
    counted = states(Delivery)
    assert counted["unknown"] <= settings.SMTP_CONNECTIONS
    assert counted["deferred"] == 40 - counted["unknown"]
    assert Run.objects.get().state == "paused"


@pytest.mark.parametrize("scheme", [*TWO, "ses"])
def test_429_defers_everything_for_as_long_as_the_provider_says(
    settings: Any, api: ProviderApi, scheme: str
) -> None:
    planned(5)
    api.answer = lambda call: Answer(429, {"message": "Too many requests"}, {"Retry-After": "1800"})
    began = timezone.now()
    deliver(settings, api, scheme)
    assert states(Delivery) == {"deferred": 5}
    soonest = min(Delivery.objects.values_list("not_before", flat=True))
    assert timedelta(minutes=29) < soonest - began < timedelta(minutes=32)
    assert "takes no more mail for now" in Run.objects.get().reason


@pytest.mark.parametrize("scheme", TWO)
def test_401_stops_everything_at_once_in_words_that_say_what_to_mend(
    settings: Any, api: ProviderApi, scheme: str
) -> None:
    planned(30)
    api.answer = lambda call: Answer(401, {"Message": "Bad or missing token", "ErrorCode": 10})
    deliver(settings, api, scheme)
    assert len(api.calls) <= settings.SMTP_CONNECTIONS
    assert states(Delivery) == {"deferred": 30}
    assert "does not accept the key in EMAIL_URL" in Run.objects.get().reason
    assert states(Subscriber) == {"active": 30}


INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: reader1@readers.example.\nInactive recipients are ones that have generated "
    "a hard bounce or a spam complaint. ",
}


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        ("postmark", Answer(422, INACTIVE)),
        (
            "postmark",
            Answer(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'reader1@readers.example'."}),
        ),
        ("mailgun", Answer(400, {"message": "reader1@readers.example: no such user"})),
    ],
)
def test_a_refusal_that_names_the_mailbox_ends_that_reader_alone(
    settings: Any, api: ProviderApi, scheme: str, answer: Answer
) -> None:
    planned(4)
    api.answer = to(1, answer)
    deliver(settings, api, scheme)
    assert states(Delivery) == {"accepted": 3, "refused": 1}
    assert Subscriber.objects.get(state="refused").email == "reader1@readers.example"
    assert Refusal.objects.get().cause == "dead"


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        (
            "mailgun",
            Answer(400, {"message": "'to' parameter is not a valid address. please check documentation"}),
        ),
        (
            "postmark",
            Answer(422, {"ErrorCode": 300, "Message": "Invalid 'From' address: 'reader1@readers.example'."}),
        ),
        ("postmark", Answer(422, {"ErrorCode": 412, "Message": "While your account is pending approval"})),
        ("sendgrid", Answer(400, {"errors": [{"message": "The content value must be a string"}]})),
        ("brevo", Answer(400, {"code": "invalid_parameter", "message": "reader1@readers.example: odd"})),
        ("postmark", Answer(413, {"Message": "too large"})),
    ],
)
def test_any_other_4xx_defers_that_mail_and_refuses_nobody(
    settings: Any, api: ProviderApi, scheme: str, answer: Answer
) -> None:
    planned(4)
    api.answer = to(1, answer)
    deliver(settings, api, scheme)
    assert states(Delivery) == {"accepted": 3, "deferred": 1}
    assert states(Subscriber) == {"active": 4}


def test_a_provider_that_cannot_be_reached_is_asked_later_and_nothing_is_in_doubt(settings: Any) -> None:
    planned(6)
    deliver(settings, ProviderApi(free_port()), "postmark")
    assert states(Delivery) == {"deferred": 6}
    assert "cannot connect to Postmark" in Run.objects.get().reason


def test_a_call_that_is_led_elsewhere_is_not_followed(settings: Any, api: ProviderApi) -> None:
    planned(3)
    api.answer = lambda call: Answer(307, headers={"Location": "/email"})
    deliver(settings, api, "postmark")
    assert states(Delivery) == {"deferred": 3}
    assert {call.path for call in api.calls} == {"/email"}
    assert len(api.calls) <= 3


def test_the_provider_signs_so_our_keys_do_not(settings: Any, api: ProviderApi) -> None:
    settings.DKIM_KEYS = {"spring": settings.DATA_DIR / "missing.pem"}
    planned(1)
    deliver(settings, api, "mailgun")
    assert states(Delivery) == {"accepted": 1}
    assert b"DKIM-Signature" not in api.calls[0].fields["message"]
