"""EMAIL_URL with a provider, and what the operator has to confirm about tracking."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest import mail_env
from subscriptions.admin import going_live
from subscriptions.checks import check_tracking
from subscriptions.relay.providers.catalogue import PROVIDERS
from tests.digest.test_checks import manage
from tests.subscriptions.relay.providers.test_outbox import ACCOUNTS


@pytest.mark.parametrize("scheme", PROVIDERS)
def test_every_provider_can_be_named(scheme: str) -> None:
    config = mail_env.email_relay(ACCOUNTS[scheme])
    assert config["EMAIL_PROVIDER"] == scheme


def test_parts_of_a_url_are_read_as_they_are_meant() -> None:
    config = mail_env.email_relay("ses://AKIA:se%2Fcret@eu-central-1?configuration_set_name=plain")
    assert (config["EMAIL_API_KEY"], config["EMAIL_API_SECRET"]) == ("AKIA", "se/cret")
    assert config["EMAIL_API_HOST"] == "eu-central-1"
    assert config["EMAIL_API_OPTIONS"] == {"configuration_set_name": "plain"}


@pytest.mark.parametrize(
    "url", ["postmark://", "mailgun://hidden", "mailgun://@mg.example.org", "ses://", "mandrill://hidden"]
)
def test_a_url_that_lacks_a_part_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL is ") as refused:
        mail_env.email_relay(url)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("scheme", PROVIDERS)
def test_where_no_call_can_switch_tracking_off_the_check_is_red_until_it_is_confirmed(
    settings: Any, scheme: str
) -> None:
    settings.EMAIL_URL, settings.EMAIL_RELAYS = ACCOUNTS[scheme], [mail_env.email_relay(ACCOUNTS[scheme])]
    red = scheme in {"ses", "brevo", "resend"}
    assert [found.id for found in check_tracking()] == (["subscriptions.E002"] if red else [])
    steps = [step.cure for step in going_live._mail()]
    assert any("EMAIL_TRACKING_OFF" in cure for cure in steps) == red
    settings.EMAIL_TRACKING_OFF = True
    assert check_tracking() == []


def test_a_deployment_with_such_a_provider_is_told_what_to_confirm(tmp_path: Path) -> None:
    asked = {"EMAIL_URL": "brevo://key", "SITE_URL": "https://digest.example.org", "DEBUG": "0"}
    checked = manage(tmp_path, "check", "--deploy", **asked)
    assert "(subscriptions.E002) Brevo may follow what readers open and press" in checked.output
    assert checked.process.returncode != 0
    assert "E002" not in manage(tmp_path, "check", "--deploy", EMAIL_TRACKING_OFF="1", **asked).output
