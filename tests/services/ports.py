"""A loopback port for a server that a test starts."""

import socket


def free_port() -> int:
    """A port that nobody listens on now; the system hands it out last, so it stays free for a while."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
