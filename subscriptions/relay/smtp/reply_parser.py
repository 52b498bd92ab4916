"""SMTP replies out of the bytes that arrive, however they are split. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)", re.DOTALL)
_MAX_REPLY = 65_536  # octets: RFC 5321 allows 512 a line, some servers send more


class InvalidReply(Exception):
    """What arrived is not an SMTP reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code and the lines of its text."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines, joined by spaces."""
        return " ".join(self.lines)

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:500]


class ReplyParser:
    """Takes bytes, gives whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []

    @property
    def pending(self) -> bool:
        """Whether part of a reply has arrived."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that `data` completes; raises `InvalidReply` at what is not one."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply, last = _parse(line)
            if self._lines or not last:
                self._lines += reply.lines
            if last:
                if self._lines:
                    reply, self._lines = Reply(reply.code, tuple(self._lines)), []
                yield reply
        if len(self._rest) + sum(map(len, self._lines)) > _MAX_REPLY:
            raise InvalidReply(f"reply longer than {_MAX_REPLY} octets")


@lru_cache(maxsize=256)  # a relay sends most of its replies once for every mail
def _parse(line: bytes) -> tuple[Reply, bool]:
    """The reply that a line is by itself, and whether it is the last of a multiline reply."""
    read = _LINE.fullmatch(line.removesuffix(b"\r"))
    if read is None:
        raise InvalidReply(f"not an SMTP reply: {_decoded(line)}")
    return Reply(int(read[1]), (_decoded(read[3]),)), read[2] != b"-"


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace")
