"""An SMTP server that follows a script: for relays that break off, fall silent or speak nonsense."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

Conversation: TypeAlias = list[tuple[bytes, bytes]]  # what it waits to read, and what it then replies

IN: Conversation = [(b"", b"220 here\r\n"), (b"EHLO", b"250-here\r\n250 PIPELINING\r\n")]
BEGIN: Conversation = [(b"DATA\r\n", b"250 a\r\n250 b\r\n354 go on\r\n")]
END: Conversation = [(b"\r\n.\r\n", b"250 ok\r\n")]
FULL: Conversation = [(b"", b"421 4.7.0 too many connections\r\n")]
HANG_UP = b""


@contextmanager
def scripted(*conversations: Conversation, lockstep: bool = False) -> Iterator[int]:
    """The port of a server with one conversation for each connection, in their order.

    It closes a connection after its last reply, or where there is none; in `lockstep` also if more was sent
    before the reply to it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def talk(connection: socket.socket, conversation: Conversation) -> None:
            heard = b""
            with connection:
                for awaited, answer in conversation:
                    while awaited not in heard:
                        if not (data := connection.recv(65_536)):
                            return
                        heard += data
                    heard = heard.partition(awaited)[2] if awaited else heard
                    if awaited and not awaited.endswith(b"\r\n"):  # the beginning of a command
                        heard = heard.partition(b"\r\n")[2]
                    if not answer or (lockstep and heard):
                        return
                    connection.sendall(answer)

        def serve() -> None:
            with contextlib.suppress(OSError):
                for conversation in conversations:
                    connection, _ = listener.accept()
                    threads.append(
                        threading.Thread(target=talk, args=(connection, conversation), daemon=True)
                    )
                    threads[-1].start()

        threads: list[threading.Thread] = []
        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield listener.getsockname()[1]
        listener.close()
        server.join(15)
        for thread in threads:
            thread.join(5)
