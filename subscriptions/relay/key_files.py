"""The files with our DKIM keys: those that DKIM_KEYS names, and new ones."""

import os
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from digest.lib.domain_names import ascii_domain
from subscriptions.relay.signing import Algorithm, SigningKey, UnusableKey, new_key, read_key


def configured_keys() -> tuple[SigningKey, ...]:
    """The keys that sign every mail, none if that is left to the relay; raises `UnusableKey`.

    They are read once: another key gets another selector.
    """
    return tuple(_read(domain(), selector, path) for selector, path in settings.DKIM_KEYS.items())


def domain() -> str:
    """The domain that signs: the sender's, since receivers compare the two (DMARC); raises `UnusableKey`."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        return ascii_domain(address.rpartition("@")[2])
    except UnicodeError as error:
        raise UnusableKey(f"DEFAULT_FROM_EMAIL {address} has no domain") from error


@lru_cache(maxsize=8)  # to check an RSA key takes as long as a hundred signatures
def _read(of_domain: str, selector: str, path: Path) -> SigningKey:
    try:
        return read_key(of_domain, selector, path.read_bytes())
    except OSError as error:
        raise UnusableKey(f"the DKIM key {path} cannot be read: {error.strerror}") from error
    except UnusableKey as error:
        raise UnusableKey(f"the DKIM key {path} cannot be used: {error}") from error


def key_in(path: Path, selector: str, algorithm: Algorithm) -> tuple[SigningKey, bool]:
    """The key in this file, which is made for its owner alone if there is none; and whether it was made.

    Raises `UnusableKey`, and `OSError` where it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(domain(), selector, path), False
    with os.fdopen(descriptor, "wb") as file:
        file.write(new_key(algorithm))
    return _read(domain(), selector, path), True
