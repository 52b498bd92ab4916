"""The keys that sign: made, read from PEM, and as the record that is published in the DNS. Pure."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_PADDING, _HASH = PKCS1v15(), SHA256()
_LEAST_BITS = 1024  # RFC 8301: verifiers take no signature of a shorter key
_BITS = 2048
_STRING = 255  # octets of one string of a TXT record (RFC 1035)


class Algorithm(StrEnum):
    """How a key signs; RSA is what everybody verifies, Ed25519 (RFC 8463) what is short and fast."""

    RSA = "rsa"
    ED25519 = "ed25519"


class UnusableKey(Exception):
    """What was read is no key that can sign."""


@dataclass(frozen=True)
class SigningKey:
    """A private key and the selector under which `domain` publishes its public half."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @cached_property
    def algorithm(self) -> Algorithm:
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @cached_property
    def sign(self) -> Callable[[bytes], bytes]:
        """Signs the fields of a message. For Ed25519 it is their hash that is signed (RFC 8463, 3)."""
        private = self.private
        if isinstance(private, RSAPrivateKey):
            return lambda fields: private.sign(fields, _PADDING, _HASH)
        return lambda fields: private.sign(sha256(fields).digest())

    @cached_property
    def opening(self) -> str:
        """The tags of a signature by this key that are the same for all messages."""
        method = f"v=1; a={self.algorithm}-sha256; c=relaxed/simple;"
        return f"{method}\r\n d={self.domain}; s={self.selector};"

    @property
    def record_name(self) -> str:
        """Where verifiers look up the record."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record. (RFC 6376, 3.6.1; for Ed25519 the bare key, RFC 8463, 4.2.)"""
        public = self.private.public_key()
        if self.algorithm == Algorithm.RSA:
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.algorithm}; p={b64encode(octets).decode()}"

    @property
    def record_strings(self) -> list[str]:
        """The record in the pieces that a zone file wants: joined, they are the record."""
        return [self.record[at : at + _STRING] for at in range(0, len(self.record), _STRING)]


def new_key(algorithm: Algorithm) -> bytes:
    """A new private key as PEM (PKCS #8, not encrypted)."""
    private: RSAPrivateKey | Ed25519PrivateKey
    if algorithm == Algorithm.RSA:
        private = generate_private_key(public_exponent=65537, key_size=_BITS)
    else:
        private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(domain: str, selector: str, pem: bytes) -> SigningKey:
    """The key in `pem`; raises `UnusableKey`, whose text says nothing of what is in it."""
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it has a password
        raise UnusableKey("it is no private key in PEM, or has a password") from error
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise UnusableKey("it is neither an RSA nor an Ed25519 key")
    if isinstance(private, RSAPrivateKey) and private.key_size < _LEAST_BITS:
        raise UnusableKey(f"it has {private.key_size} bits: verifiers want {_BITS}")
    return SigningKey(domain, selector, private)
