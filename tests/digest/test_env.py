"""What is read from the environment, and what stands in for what is not set."""

import pytest

from digest.env import debug_by_default


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
