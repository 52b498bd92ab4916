"""What `manage.py serve` refuses to start on, each in one line that says what to do."""

import os
import socket
from pathlib import Path

import pytest
import redis

from digest.management.serving.preflight import (
    CannotServe,
    exclusive,
    free_address,
    prepare_directories,
    require_no_eviction,
)
from tests.services.ports import free_port


def test_a_free_port_gives_the_numeric_address(localhost: str) -> None:
    assert free_address(localhost, free_port()) == "127.0.0.1"


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(
            CannotServe, match=f"^Port {port} on 127.0.0.1 is taken: set PORT to another one.$"
        ):
            free_address("127.0.0.1", port)


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(CannotServe, match=f"^There is no port {port}:"):
        free_address("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotServe, match=r"^Cannot listen on 192\.0\.2\.1 "):
        free_address("192.0.2.1", free_port())


def test_a_data_directory_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotServe, match=r"^Cannot write to .*set DATA_DIR"):
        prepare_directories(tmp_path / "file" / "var", tmp_path)


def test_a_socket_directory_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(CannotServe, match="belongs to another user"):
        prepare_directories(tmp_path / "var", tmp_path)


def test_what_is_written_is_for_the_owner_alone(tmp_path: Path) -> None:
    prepare_directories(tmp_path, tmp_path / "run")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o700}


def test_a_second_start_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    prepare_directories(tmp_path, tmp_path / "run")
    with (
        exclusive(tmp_path),
        pytest.raises(CannotServe, match=f"^Already running on .* \\(process {os.getpid()}\\)"),
        exclusive(tmp_path),
    ):
        pass
    with exclusive(tmp_path):
        pass  # free again


@pytest.mark.services
def test_a_broker_that_evicts_is_refused(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        require_no_eviction(valkey_url)
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(CannotServe, match=r"evicts keys.*allkeys-lru.*set it to noeviction"):
                require_no_eviction(valkey_url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_broker_that_does_not_answer_is_not_judged() -> None:
    require_no_eviction(f"redis://127.0.0.1:{free_port()}/0")
