"""What each provider is given: the mail as it was composed, or its parts, and to follow nobody."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from digest import mail_env
from digest.compose import Personal, Sender, prepare
from digest.compose.samples import READER
from subscriptions.relay import Mail, Outcome, Verdict, send_one
from subscriptions.relay.providers.opening import provider_relay
from tests.services.provider_api import ProviderApi, provider_api
from tests.subscriptions.emails.composed import COMPOSED
from tests.subscriptions.relay.providers.test_outbox import ACCOUNTS, BY_FIELDS

SENDER = Sender(
    "Grüße aus dem Labor <digest@example.org>",
    list_id="digest.example.org",
    list_name="Paper Digest",
    feedback_id="digest:paper-digest",
)


@pytest.fixture
def api() -> Iterator[ProviderApi]:
    with provider_api() as server:
        yield server


def composed(name: str = "many", reader: Personal = READER) -> Mail:
    content = prepare(COMPOSED[name], SENDER).message(reader)
    return Mail(1, content, "digest@example.org", reader.to)


def sent(api: ProviderApi, scheme: str, mail: Mail) -> Outcome:
    relay = provider_relay(mail_env.email_relay(api.url(ACCOUNTS[scheme])), 1)
    try:
        return send_one(relay, mail).outcome
    finally:
        relay.close()


def headers_in(scheme: str, fields: Any) -> dict[str, str]:
    if scheme == "postmark":
        return {header["Name"]: header["Value"] for header in fields["Headers"]}
    return dict(fields["headers"])


@pytest.mark.parametrize("name", COMPOSED)
def test_mailgun_gets_the_very_bytes_that_were_composed(api: ProviderApi, name: str) -> None:
    mail = composed(name)
    assert sent(api, "mailgun", mail).verdict == Verdict.ACCEPTED
    (call,) = api.calls
    assert call.path == "/mg.example.org/messages.mime"
    assert call.fields["message"] == mail.content
    assert call.fields["to"] == mail.recipient


def test_amazon_ses_gets_the_very_bytes_that_were_composed(api: ProviderApi) -> None:
    mails = [composed(name) for name in COMPOSED]
    relay = provider_relay(mail_env.email_relay(api.url(ACCOUNTS["ses"])), 1)  # boto3 takes long to begin
    assert {send_one(relay, mail).outcome.verdict for mail in mails} == {Verdict.ACCEPTED}
    relay.close()
    given = [base64.b64decode(call.fields["Content"]["Raw"]["Data"]) for call in api.calls]
    assert given == [mail.content for mail in mails]
    assert api.calls[0].fields["Destination"] == {"ToAddresses": [READER.to]}
    assert api.calls[0].fields["ConfigurationSetName"] == "plain"


@pytest.mark.parametrize("scheme", BY_FIELDS)
def test_the_others_get_both_texts_and_every_header_that_unsubscribing_needs(
    api: ProviderApi, scheme: str
) -> None:
    assert sent(api, scheme, composed()).verdict == Verdict.ACCEPTED
    (call,) = api.calls
    headers = headers_in(scheme, call.fields)
    assert headers["List-Unsubscribe"] == f"<{READER.unsubscribe_url}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (
        headers["List-Id"] == '"Paper Digest" <digest.example.org>'
        or "<digest.example.org>" in headers["List-Id"]
    )
    assert headers["Auto-Submitted"] == "auto-generated"
    said = str(call.fields)
    assert COMPOSED["many"].subject in said
    assert "Grüße aus dem Labor" in said
    assert READER.web_url in said
    assert "<html" in said
    assert call.recipient == READER.to


@pytest.mark.parametrize("scheme", BY_FIELDS)
def test_a_logo_is_beside_the_html_that_shows_it(api: ProviderApi, scheme: str) -> None:
    outcome = sent(api, scheme, composed("logo"))
    if scheme == "brevo":  # its API has no place for images in a mail
        assert outcome.verdict == Verdict.DEFERRED
        assert "inline" in outcome.answer
        return
    assert outcome.verdict == Verdict.ACCEPTED
    said = str(api.calls[0].fields)
    assert "cid:logo" in said
    assert "image/png" in said


def test_tracking_is_off_in_every_call_that_can_say_so(api: ProviderApi) -> None:
    for scheme in ("mailgun", "postmark", "sendgrid"):
        sent(api, scheme, composed())
    mailgun, postmark, sendgrid = (call.fields for call in api.calls)
    options = {name: value for name, value in mailgun.items() if name.startswith("o:")}
    assert options == {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}
    assert (postmark["TrackOpens"], postmark["TrackLinks"]) == (False, "None")
    assert {name: kind["enable"] for name, kind in sendgrid["tracking_settings"].items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }


def test_options_of_a_provider_stand_in_the_url(api: ProviderApi) -> None:
    url = f"{api.url('postmark://token')}&message_stream=broadcast"
    relay = provider_relay(mail_env.email_relay(url), 1)
    send_one(relay, composed())
    relay.close()
    assert api.calls[0].fields["MessageStream"] == "broadcast"
    assert api.calls[0].headers["X-Postmark-Server-Token"] == "token"


def test_an_option_that_a_provider_does_not_have_holds_mail_and_is_named() -> None:
    relay = provider_relay(mail_env.email_relay("postmark://token?colour=blue"), 1)
    outcome = send_one(relay, composed()).outcome
    assert outcome.verdict == Verdict.DEFERRED
    assert outcome.answer == "Postmark has no option “colour” as in EMAIL_URL"
