"""What is read from the environment, and what stands in for what is not set."""

from pathlib import Path

import pytest
import redis
from kombu import Connection

from digest.env import database, debug_by_default, valkey_url


@pytest.mark.parametrize(
    ("environment", "loopback", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"DEBUG": ""}, True, True),
        ({"DEBUG": "0"}, True, False),
        ({"DEBUG": "1"}, True, False),  # decided already, not by us
        ({"SITE_URL": "http://localhost:9000"}, True, True),
        ({"SITE_URL": "https://digest.example.org"}, True, False),
    ],
)
def test_debug_comes_by_itself_only_where_nobody_else_can_look(
    environment: dict[str, str], loopback: bool, expected: bool
) -> None:
    assert debug_by_default(environment, loopback=loopback) is expected


@pytest.mark.parametrize("name", ["100%", "%41", "a #1", "x?y=z", "a;b", "a b", "é"])
def test_every_sign_in_the_data_directory_means_itself(name: str) -> None:
    place = Path("/srv") / name
    assert database("", place)["NAME"] == f"/srv/{name}/digest.sqlite3"
    url, socket = valkey_url(place), f"/srv/{name}/run/valkey.sock"
    assert redis.Redis.from_url(url).connection_pool.connection_kwargs["path"] == socket
    assert Connection(url.replace("unix://", "redis+socket://")).as_uri().endswith(socket)
