"""The relays of EMAIL_URL and what is said of each behind a question mark; the limits of domains."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from digest import mail_env
from subscriptions.relay.routing.configured import is_counted, of_urls
from subscriptions.relay.routing.limits import Limits

TWO = "smtp+tls://user:p%2Css,word@one.example.org:587?per_day=500&share=3, smtp+ssl://two.example.org:465?rate=10/s"


def use(settings: Settings, text: str) -> None:
    settings.EMAIL_RELAYS = mail_env.email_relays(text)


def test_a_list_of_urls_is_as_many_relays_each_with_its_limits(settings: Settings) -> None:
    use(settings, TWO)
    one, two = of_urls()
    assert (one.name, two.name) == ("one.example.org:587", "two.example.org:465")
    assert (one.config["EMAIL_HOST_USER"], one.config["EMAIL_HOST_PASSWORD"]) == ("user", "p,ss,word")
    assert (one.limits, two.limits) == (Limits(per_day=500, share=3), Limits(rate=10))
    assert one.config["EMAIL_USE_TLS"]
    assert two.config["EMAIL_USE_SSL"]


@pytest.mark.parametrize("between", [",", ", ", " ", "\n", " ,\n  "])
def test_commas_and_spaces_stand_between_relays(between: str) -> None:
    relays = mail_env.email_relays(
        between.join(["smtp://a.example", "smtps://b.example", "smtp+tls://c.example"])
    )
    assert [relay["EMAIL_HOST"] for relay in relays] == ["a.example", "b.example", "c.example"]


def test_two_accounts_at_one_host_have_different_names(settings: Settings) -> None:
    use(settings, "smtp://one:a@relay.example smtp://two:b@relay.example")
    assert [relay.name for relay in of_urls()] == ["relay.example:25", "relay.example:25 (2)"]


def test_one_url_is_read_as_before_and_not_counted(settings: Settings) -> None:
    url = "smtp+tls://user:password@relay.example.org:587"
    use(settings, url)
    settings.SMTP_CONNECTIONS = 7
    (one,) = of_urls()
    assert one.config == mail_env.email_relay(url)
    assert one.limits == Limits(connections=7)
    assert not is_counted([one])


@pytest.mark.parametrize(
    "query",
    ["perday=500", "per_day=0", "per_day=many", "rate=10", "share=101", "failover=-1", "connections=65"],
)
def test_a_limit_that_cannot_be_read_is_refused_without_repeating_the_password(query: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refused:
        mail_env.email_relays(f"smtp://user:hidden@relay.example.org?{query}")
    assert "hidden" not in str(refused.value)


def test_domain_rates_are_read_a_second() -> None:
    assert mail_env.domain_rates("") == {}
    assert mail_env.domain_rates("Gmail.com=3600/h, example.org=30/m") == {
        "gmail.com": 1.0,
        "example.org": 0.5,
    }


@pytest.mark.parametrize("text", ["gmail.com", "gmail.com=fast", "gmail.com=10"])
def test_domain_rates_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DOMAIN_RATES"):
        mail_env.domain_rates(text)
