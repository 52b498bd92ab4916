"""DKIM signatures of finished mails of two sizes: ours by RSA and Ed25519 beside dkimpy's, in CPU time."""

import time
from collections.abc import Callable, Mapping

import dkim
import nacl.encoding
import nacl.signing
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest.compose import Sender, compose_digest, prepare
from digest.compose.samples import BRAND, DIGESTS, READER
from subscriptions.relay.signing import Algorithm, SigningKey, new_key, read_key, signatures
from tests.bench.report import Report, Table, at_most
from tests.bench.timing import Spread, in_turns

SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", feedback_id="digest:bench")
SIZES = (30_000, 84_000)  # octets
_GOALS = {(Algorithm.RSA, 30_000): 0.35, (Algorithm.ED25519, 30_000): 0.06} | {
    (Algorithm.RSA, 84_000): 0.45,
    (Algorithm.ED25519, 84_000): 0.15,
}  # ms
_LINE = b"An abstract of a paper, wrapped as the text part of a digest is wrapped.\r\n"
_COVERED = [b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"]


def run(report: Report) -> None:
    keys = {one: read_key("example.org", one.value, new_key(one)) for one in Algorithm}
    times = 50 if report.quick else 200
    table = Table("A signature in ms of CPU", ("", "30 KB", "goal", "met", "84 KB", "goal", "met"))
    measured = {size: _measured(message_of(size), keys, times, report) for size in SIZES}
    for name in measured[SIZES[0]]:
        cells: list[object] = []
        for size in SIZES:
            each = measured[size][name]
            goal = next((_GOALS[one, size] for one in Algorithm if name == _ours(one)), None)
            cells += [each, *(at_most(each, goal, " ms") if goal else (None, None))]
        table.row(name, *cells)  # type: ignore[arg-type]
    table.note("Header relaxed, body simple; ours covers every header field and one more of each name.")
    report.add(table)


def message_of(size: int) -> bytes:
    """A digest, cut or filled up to so many octets."""
    message = prepare(compose_digest(DIGESTS["many"], BRAND), SENDER).message(READER)
    return (message + _LINE * (size // len(_LINE)))[:size] + b"\r\n"


def _ours(algorithm: Algorithm) -> str:
    return f"ours, {algorithm}"


def _measured(
    message: bytes, keys: Mapping[Algorithm, SigningKey], times: int, report: Report
) -> dict[str, Spread]:
    rsa, ed25519 = keys[Algorithm.RSA], keys[Algorithm.ED25519]
    # Each contestant with how many signatures it makes in a turn.
    contestants: dict[str, tuple[Callable[[], object], int]] = {
        _ours(Algorithm.RSA): (lambda: signatures(message, [rsa], 1), times),
        _ours(Algorithm.ED25519): (lambda: signatures(message, [ed25519], 1), times),
        "ours, both": (lambda: signatures(message, [rsa, ed25519], 1), times),
        "the key's operation alone, rsa": (lambda: rsa.sign(_LINE), times),
        "the key's operation alone, ed25519": (lambda: ed25519.sign(_LINE), times),
        "dkimpy, rsa": (_by_dkimpy(message, rsa), 10),
        "dkimpy, ed25519": (_by_dkimpy(message, ed25519), 50),
    }
    turns = {name: _cpu_of(sign, number) for name, (sign, number) in contestants.items()}
    given = in_turns(turns, report.rounds, report.progress)
    return {name: Spread.of(values).times(1000 / contestants[name][1]) for name, values in given.items()}


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
