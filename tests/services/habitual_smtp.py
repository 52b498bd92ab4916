"""An SMTP server with the limits and habits of a real one: docs/relays.md says whose."""

import contextlib
import re
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

_ANSWER = {"MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "DATA": "354 Go ahead", "DOT": "250 2.0.0 Ok"}


@dataclass(frozen=True)
class Habits:
    """What one server does otherwise than others. An answer of "" closes the connection without a word.

    `behind_the_dot`: what becomes of commands that are sent before the reply to end of data. `limit`:
    after so many mails a session answers `limit_answer` to the command `limit_at`. `resets`: RSETs
    without a mail between that a session survives. `size`: longer messages are answered with
    `size_answer` at MAIL, if they are announced, else after the message. `stays_open`: after a refused
    message the transaction is still open. `refuse` and `refuse_data`: the answer to a recipient, at RCPT
    and after the message.
    """

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    behind_the_dot: Literal["taken", "dropped", "503"] = "taken"
    limit: int | None = None
    limit_at: Literal["MAIL", "RCPT", "DATA", "DOT"] = "MAIL"
    limit_answer: str = ""
    resets: int | None = None
    size: int | None = None
    size_answer: str = "552 5.3.4 Message size exceeds fixed limit"
    stays_open: bool = False
    refuse: Mapping[str, str] = field(default_factory=dict)
    refuse_data: Mapping[str, str] = field(default_factory=dict)


class _Over(Exception):
    """This connection is at its end."""


@dataclass
class HabitualServer:
    """What it `took` (recipient and message), and the commands of each session."""

    port: int
    took: list[tuple[str, bytes]] = field(default_factory=list)
    sessions: list[list[str]] = field(default_factory=list)


@contextmanager
def habitual(habits: Habits) -> Iterator[HabitualServer]:
    """Run a server with these habits on a loopback port."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        server = HabitualServer(listener.getsockname()[1])

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    server.sessions.append([])
                    session = _Session(habits, server, connection, server.sessions[-1])
                    threading.Thread(target=session.serve, daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


class _Session:
    def __init__(
        self, habits: Habits, server: HabitualServer, connection: socket.socket, heard: list[str]
    ) -> None:
        self._habits, self._server, self._connection, self._heard = habits, server, connection, heard
        self._buffer = b""
        self._mails = self._resets = 0
        self._sender = ""
        self._recipients: list[str] = []

    def serve(self) -> None:
        with self._connection, contextlib.suppress(_Over, OSError):
            self._connection.settimeout(30)
            self._say("220 here")
            while True:
                line = self._until(b"\r\n").decode()
                self._heard.append(line)
                if self._buffer and "PIPELINING" not in self._habits.extensions:
                    self._end("500 5.5.1 Pipelining not supported")
                self._command(line.partition(" ")[0].upper(), line)

    def _command(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            lines = ["here", *self._habits.extensions]
            self._say("\r\n".join(f"250{'-' if line != lines[-1] else ' '}{line}" for line in lines))
        elif verb == "MAIL":
            self._mail(line)
        elif verb == "RCPT":
            self._rcpt(line)
        elif verb == "DATA":
            self._data()
        elif verb == "RSET":
            self._resets += 1
            if self._habits.resets is not None and self._resets > self._habits.resets:
                self._end("554 Too many nonmail commands")
            self._reset()
            self._say("250 2.0.0 Ok")
        else:
            self._end("221 2.0.0 Bye" if verb == "QUIT" else "500 5.5.2 What?")

    def _mail(self, line: str) -> None:
        announced = re.search(r"SIZE=(\d+)", line)
        if self._sender:
            self._say("503 5.5.1 Error: nested MAIL command")
        elif self._limited("MAIL"):
            pass
        elif announced and self._habits.size and int(announced[1]) > self._habits.size:
            self._say(self._habits.size_answer)
        else:
            self._sender = line
            self._say(_ANSWER["MAIL"])

    def _rcpt(self, line: str) -> None:
        recipient = line.partition("<")[2].partition(">")[0]
        if not self._sender:
            self._say("503 5.5.1 need MAIL command")
        elif self._limited("RCPT"):
            pass
        elif recipient in self._habits.refuse:
            self._say(self._habits.refuse[recipient])
        else:
            self._recipients.append(recipient)
            self._say(_ANSWER["RCPT"])

    def _data(self) -> None:
        if not self._recipients:
            self._say("554 5.5.1 Error: no valid recipients")
            return
        if self._limited("DATA"):
            return
        self._say(_ANSWER["DATA"])
        message = self._until(b"\r\n.\r\n")
        self._meet_what_is_behind_the_dot()
        if self._limited("DOT"):
            return
        refused = next(filter(None, map(self._habits.refuse_data.get, self._recipients)), "")
        if self._habits.size and len(message) > self._habits.size:
            refused = self._habits.size_answer
        if not refused:
            self._server.took += [(recipient, message) for recipient in self._recipients]
            self._mails += 1
            self._resets = 0
        self._say(refused or _ANSWER["DOT"])
        if not (refused and self._habits.stays_open):
            self._reset()

    def _meet_what_is_behind_the_dot(self) -> None:
        if self._habits.behind_the_dot == "taken":
            return
        if select.select([self._connection], [], [], 0.01)[0]:  # in a packet of its own, too
            self._buffer += self._connection.recv(65_536)
        commands, self._buffer = self._buffer.count(b"\r\n"), b""
        if self._habits.behind_the_dot == "503":
            self._connection.sendall(b"503 5.5.1 Not now\r\n" * commands)

    def _limited(self, verb: str) -> bool:
        """Whether the session is at its limit at this command; then that was answered."""
        habits = self._habits
        if habits.limit is None or self._mails < habits.limit or verb != habits.limit_at:
            return False
        if not habits.limit_answer or habits.limit_answer.startswith("421"):
            self._end(habits.limit_answer)
        self._say(habits.limit_answer)
        return True

    def _reset(self) -> None:
        self._sender, self._recipients = "", []

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            if not (data := self._connection.recv(65_536)):
                raise _Over
            self._buffer += data
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _say(self, answer: str) -> None:
        """Each reply in a packet of its own, as some servers do."""
        self._connection.sendall(answer.encode() + b"\r\n")

    def _end(self, answer: str) -> None:
        if answer:
            self._say(answer)
        raise _Over
