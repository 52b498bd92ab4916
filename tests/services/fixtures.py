"""Fixtures that are real servers and real processes; each ends with the test, module or session it serves."""

import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.services import debian, mail_servers, node
from tests.services.browser import LAUNCH_ARGUMENTS, find_chromium
from tests.services.dkim_verifiers import OPENDKIM, RSPAMD
from tests.services.ports import free_port
from tests.services.postgres import create_database, postgres_server
from tests.services.processes import Service, start_service
from tests.services.smtp import SmtpServer
from tests.services.spamassassin import PACKAGE as SPAMASSASSIN
from tests.services.valkey import ValkeyServer, valkey_server

StartService = Callable[..., Service]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for servers comes first, and short tests fill the end: no process ends long after others."""

    def place(item: pytest.Item) -> tuple[bool, bool]:
        return item.path.name != "test_serve.py", not item.get_closest_marker("services")

    items.sort(key=place)


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A PostgreSQL server: the one of `make test` if it runs already, else one of our own."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("postgresql"):
        yield f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}"
        return
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url(postgres_server_url: str) -> str:
    """An empty PostgreSQL database for this test module, for DATABASE_URL."""
    return create_database(postgres_server_url, f"module_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database that this process's own queries use, for the DATABASE_URL of other processes."""
    name, config = connection.settings_dict["NAME"], connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(name))}"
    return f"postgres://{config['USER']}@{config['HOST']}:{config['PORT']}/{name}"


@pytest.fixture(scope="session")
def valkey_server_url() -> Iterator[str]:
    with valkey_server() as url:
        yield url


@pytest.fixture
def valkey_url(valkey_server_url: str) -> str:
    """An empty Valkey, for REDIS_URL."""
    with redis.Redis.from_url(valkey_server_url) as client:
        client.flushall()
    return valkey_server_url


@pytest.fixture
def broker() -> Iterator[ValkeyServer]:
    """A Valkey of the test's own, to be killed or made to hang."""
    with tempfile.TemporaryDirectory(prefix="vk-", ignore_cleanup_errors=True) as home:
        server = ValkeyServer(home)
        server.start()
        yield server
        server.kill()  # one that hangs ends in no other way


@pytest.fixture(scope="session")
def running_smtp_server() -> Iterator[SmtpServer]:
    server = SmtpServer()
    controller = server.controller()
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def smtp_server(running_smtp_server: SmtpServer) -> SmtpServer:
    """An SMTP server that has received nothing yet; see SmtpServer for how to make it refuse."""
    running_smtp_server.forget()
    return running_smtp_server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, proof = str(folder / "key"), str(folder / "certificate")
    subject = ("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", proof)
    subprocess.run((*new, *subject), check=True, capture_output=True)
    return proof, key


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty DATA_DIR with a path short enough for sockets."""
    path = tempfile.mkdtemp(prefix="digest-")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def service(data_dir: Path) -> Iterator[StartService]:
    """Start processes of the service: `service("serve", env={…})`, `service("celery", "-A", "digest", …)`.

    They get DATA_DIR, a free PORT and the SECRET_KEY of this process unless `env` says otherwise.
    Whatever still runs at the end of the test is ended; what all of them printed is shown if it failed.
    """
    started: list[Service] = []

    def start(*command: str, env: dict[str, str] | None = None) -> Service:
        defaults = {
            "DATA_DIR": str(data_dir),
            "PORT": str(free_port()),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        log = data_dir.with_name(f"{data_dir.name}-{len(started)}.log")
        started.append(start_service(command, defaults | (env or {}), log))
        return started[-1]

    yield start
    for process in reversed(started):
        process.clear()
        print(f"{process.process.args!r} printed:\n{process.output}")  # noqa: T201
        process.log.unlink()


@pytest.fixture(scope="session")
def spamassassin() -> None:
    """`make faults` unpacks it, or leaves out the tests that ask for it."""
    if why_not := debian.unpack(SPAMASSASSIN):
        pytest.fail(why_not)


@pytest.fixture(scope="session")
def opendkim() -> None:
    """opendkim; `make faults` unpacks it."""
    if why_not := debian.unpack(OPENDKIM):
        pytest.fail(why_not)


@pytest.fixture(scope="session")
def rspamd() -> None:
    """rspamd, likewise; it starts as root and goes on as nobody."""
    if why_not := debian.unpack(RSPAMD):
        pytest.fail(why_not)


@pytest.fixture
def localhost() -> str:
    """The name; `make test` leaves out the tests that ask for it where it is unknown."""
    return "localhost"


@pytest.fixture
def postfix() -> None:
    """Postfix; `make test` leaves out the tests that ask for it where it cannot be had."""
    _unpacked("postfix")


@pytest.fixture
def exim() -> None:
    """Exim, likewise; this and the following for `make faults`."""
    _unpacked("exim")


@pytest.fixture
def opensmtpd() -> None:
    """OpenSMTPD, likewise."""
    _unpacked("opensmtpd")


@pytest.fixture
def chasquid() -> None:
    """chasquid, likewise."""
    _unpacked("chasquid")


@pytest.fixture
def sendmail() -> None:
    """sendmail, likewise."""
    _unpacked("sendmail")


@pytest.fixture
def courier() -> None:
    """Courier, likewise."""
    _unpacked("courier")


@pytest.fixture
def haraka() -> None:
    """Haraka, likewise."""
    if why := mail_servers.provide_haraka():
        pytest.fail(why)


def _unpacked(name: str) -> None:
    if why := mail_servers.provide(name)[name]:
        pytest.fail(why)


@pytest.fixture
def proc() -> None:
    """/proc, where Linux lists all processes; `make test` leaves out the tests that ask for it elsewhere."""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium: `make test` installs one")
    return path


@pytest.fixture(scope="session")
def checkers() -> Path:
    """The folder of the checkers that run on Node; their packages are in its node_modules."""
    if not node.is_installed(node.CHECKERS):
        pytest.fail("No checkers: `make test` installs them")
    return node.CHECKERS


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium_path: str) -> dict[str, Any]:
    """What pytest-playwright starts its `browser` with, and so `page` and `context`."""
    return {"executable_path": chromium_path, "args": list(LAUNCH_ARGUMENTS)}
