"""The answers of an SMTP server out of the bytes that arrive, however they are split. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)", re.DOTALL)
_MOST = 65_536  # octets of one answer: RFC 5321 allows 512 a line, some servers say more


class NoSmtp(Exception):
    """What arrived is no answer of an SMTP server."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. The lines of its text are joined by blanks."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:500]


class Replies:
    """Takes bytes, gives whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []

    @property
    def pending(self) -> bool:
        """Whether a part of a reply has arrived."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are complete with `data`; raises `NoSmtp` where they end to be any."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply, last = _read(line)
            if self._lines or not last:
                self._lines += reply.lines
            if last:
                if self._lines:
                    reply, self._lines = Reply(reply.code, tuple(self._lines)), []
                yield reply
        if len(self._rest) + sum(map(len, self._lines)) > _MOST:
            raise NoSmtp("an answer without an end")


@lru_cache(maxsize=256)  # most of what a relay says it says for every mail
def _read(line: bytes) -> tuple[Reply, bool]:
    """What a line says by itself, and whether it is the last of its answer."""
    read = _LINE.fullmatch(line.removesuffix(b"\r"))
    if read is None:
        raise NoSmtp(f"no answer that can be read: {_shown(line)}")
    return Reply(int(read[1]), (_shown(read[3]),)), read[2] != b"-"


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace")
