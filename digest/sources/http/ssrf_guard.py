"""Connections for fetching: only to public addresses, and never past a deadline.

A name is resolved here and the connection goes to the very address that was checked, so neither a
redirect nor a name that resolves differently a moment later (DNS rebinding) leads inside our network.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from digest.sources.errors import SourceChanged

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last four bytes
_UNICAST = IPv6Network("2000::/3")  # all that was ever handed out to the public (IANA, RFC 4291)
# Of IANA's registries of special-purpose addresses, what some Python that we run on takes for public.
_SPECIAL: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up (RFC 7526)
    IPv6Network("2001::/23"),  # protocol assignments: Teredo, benchmarks, ORCHID
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
    IPv6Network("3ffe::/16"),  # 6bone, given back (RFC 3701)
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: third quarter of an address that holds an IPv4 address


def is_public(address: Address) -> bool:
    """Whether anybody on the internet can reach an address, also one that is embedded in an IPv6 address."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
            return False
    return address.is_global and not (address.is_multicast or any(address in net for net in _SPECIAL))


class GuardedNetwork(httpcore.NetworkBackend):
    """Opens TCP connections to public addresses, whose reads and writes all end before `deadline`.

    `deadline` is on the clock of `time.monotonic`. Loopback addresses are
    allowed only where the operator typed one.
    """

    def __init__(self, deadline: float, *, allow_loopback: bool = False) -> None:
        self._deadline = deadline
        self._allow_loopback = allow_loopback
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers; SourceChanged if it has a private one."""
        error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._resolve(host, port):
            try:
                stream = self._network.connect_tcp(
                    str(address), port, self._left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
            else:
                return _TimedStream(stream, self._left)
        raise error

    def _resolve(self, host: str, port: int) -> list[Address]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        addresses = [ip_address(str(sockaddr[0])) for *_, sockaddr in found]
        for address in addresses:
            if not (is_public(address) or (self._allow_loopback and address.is_loopback)):
                found_what = host if host == str(address) else f"that {host} is {address}"
                raise SourceChanged(f"Expected a public address, found {found_what}: not fetched.")
        return addresses

    def _left(self, timeout: float | None) -> float:
        """The seconds an operation may take: `timeout`, or less if the deadline comes first."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole fetch took too long")
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A connection each of whose operations asks how long it may still take."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _TimedStream(stream, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
