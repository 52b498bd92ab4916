"""How many sign-ups pass, and who counts as one visitor."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django import Settings

from digest import env
from digest.web.limits import throttling
from tests.factories import NOW

NO_WAIT = timedelta()


@pytest.mark.services
def test_a_network_is_stopped_at_its_limit_and_its_neighbour_is_not(
    settings: Settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(throttling, "SIGNUPS_PER_NETWORK", 3)
    answers = [throttling.wait_of_signup(f"192.0.2.{host}", NOW) for host in range(5)]
    assert answers == [NO_WAIT, NO_WAIT, NO_WAIT, None, None]
    assert throttling.wait_of_signup("198.51.100.1", NOW) == NO_WAIT


@pytest.mark.services
def test_what_a_networks_own_limit_refuses_takes_nothing_from_others(
    settings: Settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(throttling, "SIGNUPS_PER_NETWORK", 3)
    monkeypatch.setattr(throttling, "SIGNUPS_IN_TOTAL", 10)
    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda _: throttling.wait_of_signup("192.0.2.1", NOW), range(50)))
    assert answers.count(NO_WAIT) == 3
    assert answers.count(None) == 47
    assert [throttling.wait_of_signup(f"10.0.{n}.1", NOW) for n in range(7)] == [NO_WAIT] * 7


@pytest.mark.services
def test_beyond_the_total_letters_wait_and_leave_evenly(
    settings: Settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(throttling, "SIGNUPS_IN_TOTAL", 60)
    with ThreadPoolExecutor(8) as at_once:
        waits = list(
            at_once.map(lambda network: throttling.wait_of_signup(f"10.{network}.0.1", NOW), range(64))
        )
    assert sorted(wait for wait in waits if wait is not None) == [NO_WAIT] * 60 + [
        timedelta(minutes=number) for number in (1, 2, 3, 4)
    ]
    assert throttling.wait_of_signup("10.99.0.1", NOW + timedelta(minutes=3)) == timedelta(minutes=2)
    assert throttling.wait_of_signup("10.99.0.1", NOW + timedelta(hours=1)) == NO_WAIT


@pytest.mark.services
def test_the_next_hour_starts_afresh(
    settings: Settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(throttling, "SIGNUPS_PER_NETWORK", 1)
    assert [throttling.wait_of_signup("192.0.2.1", NOW) for _ in range(2)] == [NO_WAIT, None]
    assert throttling.wait_of_signup("192.0.2.1", NOW + timedelta(hours=1)) == NO_WAIT


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/valkey.sock"])
def test_without_redis_sign_ups_pass_with_a_warning(
    settings: Settings, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    settings.REDIS_URL = url
    assert throttling.wait_of_signup("192.0.2.1", NOW) == NO_WAIT
    assert "limits cannot be checked" in caplog.text


@pytest.mark.parametrize(
    ("visitor", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", "unknown"),
        ("garbage", "unknown"),
    ],
)
def test_neighbours_share_a_network(visitor: str, network: str) -> None:
    assert throttling.network_of(visitor) == network


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("8.8.8.8", "", "8.8.8.8"),
        ("8.8.8.8", "1.1.1.1", "8.8.8.8"),  # a stranger's header is not believed
        ("127.0.0.1", "9.9.9.9, 1.1.1.1", "1.1.1.1"),  # our proxy wrote the last entry
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("", "1.1.1.1", "1.1.1.1"),
        ("", "", ""),
    ],
)
def test_the_visitor_is_who_spoke_to_our_side(
    rf: RequestFactory, settings: Settings, peer: str, forwarded: str, visitor: str
) -> None:
    settings.SITE_URL = "https://digest.example.org"
    request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert throttling.client_address(request) == visitor


def test_without_tls_there_is_no_proxy_to_believe(rf: RequestFactory, settings: Settings) -> None:
    settings.SITE_URL = "http://192.168.1.5:8000"
    request = rf.get("/", REMOTE_ADDR="192.168.1.77", headers={"X-Forwarded-For": "1.1.1.1"})
    assert throttling.client_address(request) == "192.168.1.77"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "visitor"),
    [
        (0, "127.0.0.1", "1.1.1.1", "127.0.0.1"),
        (1, "8.8.8.8", "9.9.9.9, 1.1.1.1", "1.1.1.1"),  # a proxy with a public address
        (
            2,
            "127.0.0.1",
            "9.9.9.9, 1.1.1.1, 8.8.8.8",
            "1.1.1.1",
        ),  # what the visitor made up stands further left
        (2, "127.0.0.1", "1.1.1.1", "1.1.1.1"),
        (2, "127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_behind_a_known_number_of_proxies_the_visitor_stands_so_far_from_the_right(
    settings: Settings, proxies: int, peer: str, forwarded: str, visitor: str
) -> None:
    settings.SITE_URL, settings.TRUSTED_PROXIES = "https://digest.example.org", proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert throttling.client_address(request) == visitor


@pytest.mark.parametrize("text", ["-1", "two", "11", "1.0"])
def test_a_number_of_proxies_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES is a number from 0 to 10"):
        env.proxies(text)


@pytest.mark.parametrize(
    ("named", "visitor"),
    [
        ("192.0.2.1:5678", "192.0.2.1"),
        ("[2001:db8::1]:99", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_proxy_may_name_the_port_behind_the_address(settings: Settings, named: str, visitor: str) -> None:
    settings.TRUSTED_PROXIES = 1
    request = RequestFactory().get("/", headers={"X-Forwarded-For": named})
    assert throttling.client_address(request) == visitor
