"""`python -m tests.bench.signatures ROUNDS TIMES`: what signatures take, `{size: {name: [seconds, …]}}`."""

import json
import sys
import time
from collections.abc import Callable, Mapping

import django

django.setup()

import dkim  # noqa: E402 - needs the set-up
import nacl.encoding  # noqa: E402
import nacl.signing  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from digest.compose import Sender, compose_digest, prepare  # noqa: E402
from digest.compose.samples import BRAND, DIGESTS, READER  # noqa: E402
from subscriptions.relay.signing import Algorithm, SigningKey, new_key, read_key, signatures  # noqa: E402
from tests.bench.sections.signing import SIZES, ours  # noqa: E402
from tests.bench.timing import in_turns  # noqa: E402

SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", feedback_id="digest:bench")
_LINE = b"An abstract of a paper, wrapped as the text part of a digest is wrapped.\r\n"
_COVERED = [b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"]


def main() -> None:
    rounds, times = map(int, sys.argv[1:])
    keys = {one: read_key("example.org", one.value, new_key(one)) for one in Algorithm}
    print(json.dumps({size: _measured(message_of(size), keys, rounds, times) for size in SIZES}))  # noqa: T201


def message_of(size: int) -> bytes:
    """A digest, cut or filled up to so many octets."""
    message = prepare(compose_digest(DIGESTS["many"], BRAND), SENDER).message(READER)
    return (message + _LINE * (size // len(_LINE)))[:size] + b"\r\n"


def _measured(
    message: bytes, keys: Mapping[Algorithm, SigningKey], rounds: int, times: int
) -> dict[str, list[float]]:
    rsa, ed25519 = keys[Algorithm.RSA], keys[Algorithm.ED25519]
    # Each contestant with how many signatures it makes in a turn.
    contestants: dict[str, tuple[Callable[[], object], int]] = {
        ours(Algorithm.RSA): (lambda: signatures(message, [rsa], 1), times),
        ours(Algorithm.ED25519): (lambda: signatures(message, [ed25519], 1), times),
        "ours, both": (lambda: signatures(message, [rsa, ed25519], 1), times),
        "the key's operation alone, rsa": (lambda: rsa.sign(_LINE), times),
        "the key's operation alone, ed25519": (lambda: ed25519.sign(_LINE), times),
        "dkimpy, rsa": (_by_dkimpy(message, rsa), 10),
        "dkimpy, ed25519": (_by_dkimpy(message, ed25519), 50),
    }
    turns = {name: _cpu_of(sign, number) for name, (sign, number) in contestants.items()}
    given = in_turns(turns, rounds, lambda _: None)
    return {name: [value / contestants[name][1] for value in values] for name, values in given.items()}


def _by_dkimpy(message: bytes, key: SigningKey) -> Callable[[], object]:
    if key.algorithm == Algorithm.RSA:
        form = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        private = key.private.private_bytes(*form)
    else:
        seed = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        private = nacl.signing.SigningKey(seed).encode(nacl.encoding.Base64Encoder)
    method = f"{key.algorithm}-sha256".encode()
    return lambda: dkim.sign(
        message,
        key.selector.encode(),
        key.domain.encode(),
        private,
        canonicalize=(b"relaxed", b"simple"),
        signature_algorithm=method,
        include_headers=_COVERED,
    )


def _cpu_of(sign: Callable[[], object], times: int) -> Callable[[], float]:
    def turn() -> float:
        began = time.process_time()
        for _ in range(times):
            sign()
        return time.process_time() - began

    return turn


if __name__ == "__main__":
    main()
