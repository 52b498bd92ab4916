"""How this machine begins a session, from EMAIL_URL: its name, and whether it encrypts and signs in."""

import socket
from collections.abc import Mapping
from typing import Any

from subscriptions.relay.smtp.handshake import ClientConfig


def client_config(config: Mapping[str, Any]) -> ClientConfig:
    """From what django-environ reads; looks up the name of this machine, which may take time."""
    name = socket.getfqdn()
    if "." not in name:  # RFC 5321, 4.1.3: without a domain name, an address literal
        name = f"[{_own_address()}]"
    return ClientConfig(
        name=name,
        user=config.get("EMAIL_HOST_USER") or "",
        password=config.get("EMAIL_HOST_PASSWORD") or "",
        starttls=bool(config.get("EMAIL_USE_TLS")),
    )


def _own_address() -> str:
    """The address of this machine by its own name, which not every machine can look up."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
