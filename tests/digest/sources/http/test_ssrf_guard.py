"""Which addresses are public, and that names cannot hide the others."""

import socket
from ipaddress import ip_address
from typing import Any

import httpcore
import pytest

from digest.sources import SourceChanged
from digest.sources.http.ssrf_guard import GuardedNetwork, is_public

FAR = 1e12


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "192.1.0.1",
        "2600:9000::1",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        # IANA's IPv4 and IPv6 Special-Purpose Address Registries, and what was given back.
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "198.51.100.1",
        "203.0.113.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::a00:1",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "3ffe::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "fec0::1",
        "feff::1",
        "fe80::5efe:10.0.0.1",
        "2600:9000::5efe:10.0.0.1",
        "2600:9000::200:5efe:10.0.0.1",
        "2600:9000::5efe:8.8.8.8",
    ],
)
def test_private_reserved_and_wrapped_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "localhost"])
def test_other_spellings_of_this_machine_are_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("127.0.0.1"))
    with pytest.raises(SourceChanged, match=r"127\.0\.0\.1"):
        GuardedNetwork(FAR).connect_tcp(host, 80)


def test_a_name_with_one_private_address_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8", "10.0.0.1"))
    with pytest.raises(SourceChanged, match=r"papers\.example is 10\.0\.0\.1"):
        GuardedNetwork(FAR).connect_tcp("papers.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves differently a moment later (DNS rebinding) gains nothing."""
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8"))
    monkeypatch.setattr(socket, "create_connection", lambda address, *_, **__: refuse(asked, address[0]))
    with pytest.raises(httpcore.ConnectError):
        GuardedNetwork(FAR).connect_tcp("papers.example", 80)
    assert asked == ["8.8.8.8"]


def answering(*addresses: str) -> Any:
    return lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses
    ]


def refuse(asked: list[str], address: str) -> None:
    asked.append(address)
    raise ConnectionRefusedError
