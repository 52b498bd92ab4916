"""Connections that send nothing, or little at a time, or too much: the others are answered all the same."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from digest.management.serving.web_server import HEADER
from subscriptions.models import Delivery
from tests.services.fixtures import StartService
from tests.services.ports import free_port
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

pytestmark = pytest.mark.services

AT_ONCE = 1.0  # seconds
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def port(service: StartService, database_url: str, broker: ValkeyServer) -> int:
    """Where a web server of the service listens."""
    number = free_port()
    environment = {
        "PORT": str(number),
        "DATABASE_URL": database_url,
        "SITE_URL": f"http://localhost:{number}",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "REDIS_URL": broker.url,
        "DEBUG": "1",  # static files need not be collected
    }
    service("serve", "web", env=environment)
    wait_until(lambda: answer(number, "/healthz", patience=30) == 200, 60, "the web server")
    return number


def answer(port: int, path: str, patience: float = AT_ONCE) -> int | None:
    """The status of a page, or None if it does not come in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@contextlib.contextmanager
def held_open(port: int, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    """Connections that sent no more than `first`."""
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(count):
            connections.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)))
            connections[-1].sendall(first)
        yield connections


@contextlib.contextmanager
def dripping(connections: list[socket.socket]) -> Iterator[None]:
    """Send an octet over each connection five times a second."""
    end = threading.Event()

    def drip() -> None:
        while not end.wait(0.2):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    end.set()
    thread.join()


def closed_after(connection: socket.socket) -> float:
    """How many seconds it takes from now until the server has closed the connection."""
    began = time.monotonic()
    with contextlib.suppress(ConnectionError):
        while connection.recv(1000):
            pass
    return time.monotonic() - began


def test_pages_and_the_health_check_are_answered_while_hundreds_of_connections_send_little_or_nothing(
    port: int,
) -> None:
    assert answer(port, "/", patience=10) == 200  # compiles its template
    body = POST + b"Content-Length: 20000\r\n\r\n"
    with (
        held_open(port, 300, b""),
        held_open(port, 100, b"GET / HTTP/1.1\r\nHost: loc"),
        held_open(port, 20, body) as posts,
        dripping(posts),
    ):
        for _ in range(3):
            assert answer(port, "/healthz") == 200
            assert answer(port, "/") == 200


def test_no_request_gets_more_time_by_dripping(port: int) -> None:
    with (
        held_open(port, 1, b"GET / HTTP/1.1\r\nX: ") as header,
        held_open(port, 1, POST + b"Content-Length: 20000\r\n\r\n") as body,
        held_open(port, 1, b"") as idle,
        dripping(header + body),
    ):
        for connection in (*header, *body, *idle):
            assert closed_after(connection) < 14


def test_when_all_places_are_taken_the_connection_that_waits_longest_makes_room(port: int) -> None:
    began = time.monotonic()
    with held_open(port, 1, b"") as first, held_open(port, 1_000, b"") as others:
        closed_after(first[0])
        assert time.monotonic() - began < HEADER  # long before its own time was over
        assert answer(port, "/healthz") == 200
        others[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert others[-1].recv(1000).startswith(b"HTTP/1.1 200")


def test_answers_that_nobody_reads_stop_nobody(port: int) -> None:
    request = b"GET /static/unfold/css/styles.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with held_open(port, 20, request * 120):
        time.sleep(2)
        assert answer(port, "/healthz") == 200


def test_of_requests_that_come_together_the_first_is_answered(port: int) -> None:
    with held_open(port, 1, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 9) as together:
        assert together[0].recv(10_000).startswith(b"HTTP/1.1 200")
        assert closed_after(together[0]) < HEADER


def test_what_is_too_large_for_any_page_is_refused_before_it_has_come(port: int) -> None:
    form = b"\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    file = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"\0" * 60_000
    chunk = b"%x\r\n%s\r\n" % (len(file), file)
    for path in (b"/", b"/archive/", b"/u/1-abc/", b"/admin/login/", b"/nowhere/"):
        for announced in (b"Content-Length: 500000000", b"Transfer-Encoding: chunked"):
            start = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + announced
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(start + form)
                for _ in range(100):  # a client that looks at the answer only when it has sent 6 MB
                    connection.sendall(chunk)
                assert connection.recv(10_000).startswith(b"HTTP/1.1 413 ")


def test_a_form_as_long_as_the_longest_is_taken(port: int) -> None:
    filled_in = b"queries=" + b"%C3%BC" * 20_000 + b"&show=1"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", filled_in, headers)
    assert connection.getresponse().status == 200
    connection.close()


def test_while_the_broker_hangs_sign_ups_are_taken_and_the_health_check_is_answered(
    port: int, broker: ValkeyServer
) -> None:
    answer(port, "/", patience=10)
    broker.hang()
    with ThreadPoolExecutor(8) as visitors:
        began = time.monotonic()
        asked = [visitors.submit(sign_up, port, f"reader{number}@readers.example") for number in range(8)]
        time.sleep(0.5)
        assert answer(port, "/healthz", patience=5) == 200
        assert [taken.result() for taken in asked] == [302] * 8
        assert time.monotonic() - began < 15
    assert Delivery.objects.filter(kind="confirm").count() == 8


def sign_up(port: int, address: str) -> int:
    """The status that a visitor who signs up gets."""
    form = {"queries": "agents", "time_zone": "UTC", "hour": "7", "rhythm": "daily", "email": address}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", urlencode(form), headers)
    with contextlib.closing(connection):
        return connection.getresponse().status
