"""A provider as a relay: several calls at once, each in a thread, since each waits for its answer.

A call is one mail and is made when the mail is finished, so a mail that is `Ready` has not left this machine.
"""

import os
import select
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import wait
from queue import SimpleQueue
from threading import local as thread_local

from subscriptions.relay.interface import POLL_TIMEOUT, Completed, Event, Mail, Ready
from subscriptions.relay.providers.account import Account
from subscriptions.relay.providers.answers import in_doubt


class ProviderRelay:
    """Up to `calls` at once at the account that `open_account` opens, once for each thread."""

    smtputf8 = False  # none of them says that it sends to addresses that are not ASCII

    def __init__(
        self, title: str, open_account: Callable[[], Account], calls: int, *, local: bool = False
    ) -> None:
        self.local = local
        self._title = title
        self._open_account = open_account
        self._calls = calls
        self._threads = ThreadPoolExecutor(calls, thread_name_prefix="provider")
        self._of_thread = thread_local()
        self._accounts: SimpleQueue[Account] = SimpleQueue()  # of all threads, to be closed
        self._ready: dict[int, Mail] = {}
        self._events: list[Event] = []
        self._calling: dict[Future[Completed], int] = {}
        self._done: SimpleQueue[Future[Completed]] = SimpleQueue()
        self._readable, self._writable = os.pipe()

    def capacity(self) -> int:
        return self._calls - len(self._ready) - len(self._calling)

    def offer(self, mail: Mail) -> None:
        self._ready[mail.key] = mail
        self._events.append(Ready(mail.key))

    def finish(self, key: int) -> None:
        call = self._threads.submit(self._hand_over, self._ready.pop(key))
        self._calling[call] = key
        call.add_done_callback(self._tell)

    def abort(self, key: int) -> None:
        self._ready.pop(key, None)
        self._events = [event for event in self._events if event != Ready(key)]

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        if not self._events and self._calling:
            wait([self._readable], timeout)
        events, self._events = self._events, []
        while not self._done.empty():
            os.read(self._readable, 1)
            events.append(self._outcome(self._done.get()))
        return events

    def watch(self, poller: select.poll) -> bool:
        """Register what answers to calls make readable; whether any call is under way."""
        poller.register(self._readable, select.POLLIN)
        return bool(self._calling)

    def close(self) -> None:
        """Wait for the answers to calls that are under way, and end."""
        self._threads.shutdown(wait=True)
        while not self._accounts.empty():
            self._accounts.get().close()
        os.close(self._readable)
        os.close(self._writable)

    # --- In the threads of calls -------------------------------------------------------------

    def _hand_over(self, mail: Mail) -> Completed:
        account: Account | None = getattr(self._of_thread, "account", None)
        if account is None:
            account = self._of_thread.account = self._open_account()
            self._accounts.put(account)
        return account.hand_over(mail)

    def _tell(self, call: Future[Completed]) -> None:
        self._done.put(call)
        os.write(self._writable, b".")

    # -----------------------------------------------------------------------------------------

    def _outcome(self, call: Future[Completed]) -> Completed:
        key = self._calling.pop(call)
        error = call.exception()
        if error is None:
            return call.result()
        return Completed(key, *in_doubt(self._title, f"was called, and that failed: {error!r}"))
