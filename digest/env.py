"""Values of environment variables, checked; and the defaults below DATA_DIR for services that are not set."""

import contextlib
import hashlib
import os
import secrets
import socket
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_DATABASES = ("sqlite3", "postgresql")
_SOCKET_PATH_LIMIT = 100  # sun_path holds 104 bytes on macOS, 108 on Linux, with the final NUL


def port(text: str) -> int:
    """The number of a TCP port, as the operator set it."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ImproperlyConfigured(f"PORT is a number from 1 to 65535, not “{text}”.")
    return int(text)


def seconds(name: str, text: str) -> int:
    """A number of seconds above 0, as set by the variable `name`."""
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise ImproperlyConfigured(f"{name} is a number of seconds from 1, not “{text}”.")
    return int(text)


def number(name: str, text: str, most: int, least: int = 1) -> int:
    """A number from `least` to `most`, as set by the variable `name`."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} is a number from {least} to {most}, not “{text}”.")
    return int(text)


def proxies(text: str) -> int | None:
    """The number of proxies in TRUSTED_PROXIES, or None where it is not set."""
    return number("TRUSTED_PROXIES", text, 10, least=0) if text else None


def rate(name: str, text: str) -> float:
    """So many a second, as set by the variable `name`; 0 where there is no limit."""
    if not text:
        return 0.0
    number, _, unit = text.partition("/")
    seconds = {"s": 1, "m": 60, "h": 3600}.get(unit)
    if seconds is None or not number.isdecimal() or int(number) == 0:
        raise ImproperlyConfigured(
            f"{name} is a number a second, minute or hour (10/s, 600/m), not “{text}”."
        )
    return int(number) / seconds


def in_url(host: str) -> str:
    """The name for URLs of what listens on `host`: this machine's if it listens on all of its addresses."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def site_url(text: str) -> str:
    """The address of the site, without the slash at its end, as the operator set it."""
    try:
        url = urlsplit(text)
        usable = url.scheme in {"http", "https"} and url.hostname and (url.port or True)
    except ValueError:  # a port that is no number, a bracket that does not close
        usable = False
    if not usable or url.query or url.fragment:
        raise ImproperlyConfigured(
            f"SITE_URL is an address such as https://digest.example.org, not “{text}”."
        )
    return text.rstrip("/")


def debug_by_default(environment: Mapping[str, str], *, loopback: bool) -> bool:
    """Whether `make run` switches DEBUG on: nobody decided, and only this machine can look.

    A site with a public address is public even on loopback: a proxy stands before it.
    """
    site = environment.get("SITE_URL", "")
    local_site = not site or urlsplit(site).hostname in LOCAL_NAMES
    return loopback and local_site and not environment.get("DEBUG")


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
    config: dict[str, Any] = {}
    if not url:  # a path, and no URL: whatever signs are in it, they mean themselves
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(data_dir / "digest.sqlite3")}
    else:
        with warnings.catch_warnings(), contextlib.suppress(ValueError, ImproperlyConfigured):
            warnings.simplefilter("ignore", UserWarning)  # it would print the URL, with its password
            config = dict(environ.Env.db_url_config(url))
    if not config.get("ENGINE", "").endswith(_DATABASES) or not config.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL is postgres://user:password@host:port/name (special characters percent-encoded) "
            "or sqlite:////absolute/path; this one cannot be read."
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
        # Statements that ask for it are kept prepared, no others; with None, none are.
        options = {"prepare_threshold": 1_000_000, **config.get("OPTIONS", {})}
        if options["prepare_threshold"] == "None":
            options["prepare_threshold"] = None
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    return config


def valkey_socket(data_dir: Path) -> Path:
    """The embedded Valkey's socket: in `data_dir`, or in the temporary directory if that path is too long."""
    path = data_dir / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
        return path
    name = hashlib.blake2b(os.fsencode(data_dir), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"paper-digest-{name}" / "valkey.sock"


def broker_url(url: str, data_dir: Path) -> str:
    """The Redis server's address in the form that redis-py reads: `url`, or the embedded Valkey's."""
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("REDIS_URL is redis://host:port/0, rediss://… or unix:///path/to/socket.")
    return url or valkey_url(data_dir)


def valkey_url(data_dir: Path) -> str:
    """The embedded Valkey's address, in the form that redis-py reads."""
    return f"unix://{quote(str(valkey_socket(data_dir)))}"
