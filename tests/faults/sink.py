"""A relay that counts every mail it takes, and misbehaves by a script."""

import asyncio
import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Self

from tests.services.waiting import wait_until

_PAPER = re.compile(rb"https://papers\.example/[\w-]+")
_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)\r\n", re.MULTILINE)
_DELIVERY = re.compile(rb"/r/([0-9a-z]+)-")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER without waiting: closing sends a reset
_LONGEST_MAIL = 2**24


class Stage(StrEnum):
    """What a client has just sent; `BODY` is the middle of the message, `END` is end of data."""

    CONNECT = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    BODY = auto()
    END = auto()


class Act(Enum):
    """What the sink does instead of answering."""

    RESET = auto()
    TAKE_WITHOUT_REPLY = auto()  # after end of data: the mail is taken, the connection reset
    NO_REPLY = auto()


# What to answer at a stage to a recipient (empty before RCPT): a reply, an act, or None for the usual.
Script = Callable[[Stage, str], str | Act | None]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the sink took: who got which digest with which papers, and when (epoch seconds).

    `delivery` is 0 for a letter about the subscription itself.
    """

    message_id: str
    recipient: str
    delivery: int
    papers: frozenset[str]
    begun: float
    taken: float
    content: bytes

    @classmethod
    def of(cls, content: bytes, recipient: str, begun: float = 0, *, keep: bool = False) -> Self:
        """What a message in transit tells; its bytes are kept if asked for."""
        plain = content.replace(b"=\r\n", b"")  # the soft line breaks of quoted-printable
        message_id, delivery = _MESSAGE_ID.search(content), _DELIVERY.search(plain)
        return cls(
            message_id=message_id[1].decode() if message_id else "",
            recipient=recipient,
            delivery=int(delivery[1], 36) if delivery else 0,
            papers=frozenset(url.decode() for url in _PAPER.findall(plain)),
            begun=begun,
            taken=time.time(),
            content=content if keep else b"",
        )


class _Over(Exception):
    """This connection is at its end."""


class Sink:
    """An SMTP server on a loopback port, in a thread of its own.

    `pause` is how long it thinks about each mail (seconds).
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.script: Script | None = None
        self.pause = 0.0
        self.keep_content = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def wait_for(self, count: int, seconds: float = 60) -> None:
        wait_until(lambda: len(self.mails) >= count, seconds, what=f"{count} mails (came: {len(self.mails)})")

    def leave(self) -> None:
        """Take no more connections; called from a script."""
        self._server.close()

    def come_back(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=_LONGEST_MAIL)

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        with contextlib.suppress(_Over, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await session.converse()
        writer.close()


class _Session:
    """One connection, from the greeting to its end."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._recipient = ""
        self.begun = 0.0

    async def converse(self) -> None:
        if not await self._answer(Stage.CONNECT, "220 sink"):
            return
        while line := await self._reader.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES")
                case "MAIL":
                    self.begun, self._recipient = time.time(), ""
                    await self._answer(Stage.MAIL, "250 2.1.0 OK")
                case "RCPT":
                    recipient = rest.partition("<")[2].partition(">")[0]
                    self._recipient = recipient
                    if not await self._answer(Stage.RCPT, "250 2.1.5 OK"):
                        self._recipient = ""
                case "DATA":
                    await self._data()
                    self.begun = 0.0
                case "QUIT":
                    self._say("221 2.0.0 Bye")
                    return
                case _:  # RSET, NOOP, HELO
                    self.begun = 0.0
                    self._say("250 2.0.0 OK")
            await self._writer.drain()

    async def _data(self) -> None:
        if not self._recipient:
            self._say("503 5.5.1 No recipient")
            return
        if not await self._answer(Stage.DATA, "354 Go ahead"):
            return
        await self._writer.drain()
        if self._told(Stage.BODY) is Act.RESET:
            await self._reader.readexactly(1)
            self._reset()
        content = await self._reader.readuntil(b"\r\n.\r\n")
        if self._sink.pause:
            await asyncio.sleep(self._sink.pause)
        if self._told(Stage.END) is Act.TAKE_WITHOUT_REPLY:
            self._take(content)
            self._reset()
        if await self._answer(Stage.END, "250 2.0.0 Taken"):
            self._take(content)

    async def _answer(self, stage: Stage, usual: str) -> bool:
        """Say what is usual, or do as told; whether it was the usual."""
        told = self._told(stage)
        if told is Act.RESET:
            self._reset()
        if told is Act.NO_REPLY:
            await self._reader.read()  # until the client has had enough
            self._writer.close()
            raise _Over
        self._say(told if isinstance(told, str) else usual)
        if isinstance(told, str) and told.startswith("421"):
            await self._writer.drain()
            raise _Over
        return told is None

    def _told(self, stage: Stage) -> str | Act | None:
        return self._sink.script(stage, self._recipient) if self._sink.script else None

    def _say(self, text: str) -> None:
        self._writer.write(text.encode() + b"\r\n")

    def _take(self, content: bytes) -> None:
        self._sink.mails.append(Mail.of(content, self._recipient, self.begun, keep=self._sink.keep_content))

    def _reset(self) -> None:
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()
        raise _Over
