"""What stands in below DATA_DIR for the services that nothing was configured for."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_SOCKET_PATH_LIMIT = 100  # sun_path holds 104 bytes on macOS, 108 on Linux, with the final NUL


def port(text: str) -> int:
    """The number of a TCP port, as somebody set it."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured(f"PORT is a number from 1 to 65535, not “{text}”.")
    return int(text)


def secret_key(data_dir: Path) -> str:
    """The key kept in `data_dir`, made on first use and readable by its owner alone.

    Where nothing can be written the key lasts for this process only: enough for commands that store
    nothing; `prepare` and `run` refuse such a directory.
    """
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it will hold readers' addresses
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not path.is_file():
            raise ImproperlyConfigured(f"DATA_DIR {data_dir} is not a directory.") from None
        return path.read_text().strip()
    except OSError:
        return secrets.token_urlsafe(50)
    with os.fdopen(descriptor, "w") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's settings for the database at `url`, or for SQLite in `data_dir` if it is empty."""
    config: dict[str, Any] = dict(
        environ.Env.db_url_config(url or f"sqlite:///{data_dir / 'digest.sqlite3'}")
    )
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",  # a writer queues at its start instead of failing at its end
            "timeout": 30,
            # FULL: a committed `handing` must survive a power cut, or its mail could go out twice.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            **config.get("OPTIONS", {}),
        }
    else:
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return config


def valkey_socket(data_dir: Path) -> Path:
    """The embedded Valkey's socket: in `data_dir`, or in the temporary directory if that path is too long."""
    path = data_dir / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
        return path
    name = hashlib.blake2b(os.fsencode(data_dir), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"paper-digest-{name}" / "valkey.sock"


def valkey_url(data_dir: Path) -> str:
    """The embedded Valkey's address, in the form that redis-py reads."""
    return f"unix://{valkey_socket(data_dir)}"
