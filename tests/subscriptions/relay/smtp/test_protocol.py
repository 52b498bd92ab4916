"""An SMTP session without sockets: our commands, and what each reply means for each mail."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.relay import Completed, Mail, Ready, Returned
from subscriptions.relay.smtp.handshake import ClientConfig
from subscriptions.relay.smtp.mail_transaction import dot_stuffed
from subscriptions.relay.smtp.protocol import Session

CLIENT = ClientConfig("sender.digest.test")
BODY = b"Subject: Two papers\r\n\r\n.a dot\r\nend\r\n"


def mail(number: int = 1, content: bytes = BODY) -> Mail:
    return Mail(number, content, "digest@digest.test", f"reader{number}@readers.test")


@dataclass
class Server:
    """Answers each command as `answers` says for its verb (“dot” for the end of a message), else well.

    An answer of "" hangs up. `received` are the whole messages, `heard` the commands.
    """

    answers: dict[str, Sequence[str]] = field(default_factory=dict)
    extensions: Sequence[str] = ("PIPELINING",)
    heard: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    left: bool = False
    _rest: bytes = b""
    _body: bytes | None = None
    _sender: bool = False
    _recipient: bool = False

    def greeting(self) -> bytes:
        return self._answer("greeting", "220 here")

    def take(self, data: bytes) -> bytes:
        """What the server answers to these bytes."""
        self._rest += data
        said = b""
        while not self.left:
            if self._body is not None:
                end = re.search(rb"(?:^|\r\n)\.\r\n", self._rest)
                if end is None:
                    return said
                message, self._rest = self._rest[: end.end()], self._rest[end.end() :]
                said += self._ended(message)
            elif b"\r\n" in self._rest:
                line, _, self._rest = self._rest.partition(b"\r\n")
                said += self._command(line.decode())
            else:
                return said
        return said

    def _ended(self, message: bytes) -> bytes:
        self._body = None
        answer = self._answer("dot", "250 2.0.0 taken")
        if answer.startswith(b"250") and self._recipient:
            self.received.append(re.sub(rb"(?m)^\.\.", b".", message.removesuffix(b".\r\n")))
        self._sender = self._recipient = False
        return answer

    def _command(self, line: str) -> bytes:
        self.heard.append(line)
        verb = line.partition(" ")[0].lower()
        if verb == "ehlo":
            lines = ["here", *self.extensions]
            listed = [f"250{'-' if n < len(lines) - 1 else ' '}{text}" for n, text in enumerate(lines)]
            return self._answer("ehlo", "\r\n".join(listed))
        if verb == "data" and not self._recipient and "data" not in self.answers:
            return b"503 5.5.1 no valid recipients\r\n"
        if verb == "rcpt" and not self._sender:
            return b"503 5.5.1 who sends?\r\n"
        answer = self._answer(verb, "354 go on" if verb == "data" else "250 2.1.0 fine")
        if verb == "mail":
            self._sender = answer.startswith(b"250")
        if verb == "rcpt":
            self._recipient = answer.startswith(b"250")
        if answer.startswith(b"354"):
            self._body = b""
        return answer

    def _answer(self, verb: str, usual: str) -> bytes:
        planned = deque(self.answers.get(verb, ()))
        answer = planned.popleft() if planned else usual
        self.answers[verb] = list(planned) if verb in self.answers else []
        if not self.answers[verb]:
            del self.answers[verb]
        self.left = self.left or answer in {"", "421 4.3.2 closing"}
        return answer.encode() + b"\r\n" if answer else b""


def whole(data: bytes) -> list[bytes]:
    return [data]


def converse(
    session: Session, server: Server, mails: Iterable[Mail], split: Callable[[bytes], list[bytes]] = whole
) -> list[Completed | Returned]:
    """Offer the mails as there is room, let each end, and carry the bytes until nobody speaks."""
    waiting, ends = deque(mails), []
    arriving = server.greeting()
    while waiting and session.accepts_mail:
        session.offer(waiting.popleft())
    while True:
        for piece in split(arriving):
            session.receive(piece)
        if server.left:
            session.connection_lost("hung up")
        events, session.events = session.events, []
        for event in events:
            if isinstance(event, Ready):
                session.finish()
            else:
                assert isinstance(event, Completed | Returned)
                ends.append(event)
        while waiting and session.accepts_mail:
            session.offer(waiting.popleft())
        said, session.outgoing = b"".join(session.outgoing), []
        if not said:
            return [*ends, *(event for event in session.events if isinstance(event, Completed | Returned))]
        arriving = server.take(said)


def verdicts(ends: Iterable[Completed | Returned]) -> list[tuple[int, str]]:
    return [(end.key, end.outcome.verdict if isinstance(end, Completed) else "returned") for end in ends]


STEPS = [("PIPELINING",), ()]
in_both_ways = pytest.mark.parametrize("extensions", STEPS, ids=["pipelined", "step by step"])


@in_both_ways
def test_each_mail_arrives_as_it_was_given(extensions: tuple[str, ...]) -> None:
    server = Server(extensions=extensions)
    ends = converse(Session(CLIENT), server, [mail(1), mail(2), mail(3)])
    assert verdicts(ends) == [(1, "accepted"), (2, "accepted"), (3, "accepted")]
    assert server.received == [BODY] * 3
    assert server.heard[:4] == [
        "EHLO sender.digest.test",
        "MAIL FROM:<digest@digest.test>",
        "RCPT TO:<reader1@readers.test>",
        "DATA",
    ]


def test_nothing_follows_end_of_data_before_its_reply() -> None:
    session = Session(CLIENT)
    session.offer(mail(1))
    session.receive(b"220 here\r\n250-here\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 go on\r\n")
    assert session.events == [Ready(1)]
    assert session.outgoing[-1] == dot_stuffed(mail(1))
    session.outgoing.clear()
    session.finish()
    assert b"".join(session.outgoing) == b".\r\n"
    assert not session.accepts_mail
    session.receive(b"250 taken\r\n")
    assert session.accepts_mail
    session.outgoing.clear()
    session.offer(mail(2))
    assert b"".join(session.outgoing) == (
        b"MAIL FROM:<digest@digest.test>\r\nRCPT TO:<reader2@readers.test>\r\nDATA\r\n"
    )


def test_end_of_data_is_not_sent_before_it_is_granted() -> None:
    session, server = Session(CLIENT), Server()
    session.offer(mail())
    session.receive(server.greeting())
    while session.outgoing:
        said, session.outgoing = b"".join(session.outgoing), []
        session.receive(server.take(said))
    assert session.events == [Ready(1)]
    assert server.received == []
    assert not session.waiting


@in_both_ways
@pytest.mark.parametrize(
    ("verb", "answer", "verdict"),
    [
        ("rcpt", "550 5.1.1 no such user", "refused"),
        ("rcpt", "451 4.2.0 later", "deferred"),
        ("mail", "451 4.3.0 later", "deferred"),
        ("dot", "452 4.3.1 disk full", "deferred"),
        ("dot", "554 5.6.0 content", "deferred"),
        ("data", "451 4.3.0 not now", "deferred"),
    ],
)
def test_a_refusal_of_one_mail_does_not_end_the_session(
    extensions: tuple[str, ...], verb: str, answer: str, verdict: str
) -> None:
    server = Server({verb: [answer]}, extensions)
    ends = converse(Session(CLIENT), server, [mail(1), mail(2)])
    assert verdicts(ends) == [(1, verdict), (2, "accepted")]
    assert server.received == [BODY]


def test_a_relay_that_wants_a_message_for_nobody_gets_none() -> None:
    server = Server({"rcpt": ["550 5.1.1 no such user"], "data": ["354 go on"]})
    session = Session(CLIENT)
    assert verdicts(converse(session, server, [mail(1)])) == [(1, "refused")]
    assert (session.closed, session.error) == (True, None)
    assert server.received == []


@in_both_ways
@pytest.mark.parametrize(
    ("verb", "answers", "ends"),
    [
        ("dot", ["421 4.3.2 closing"], [(1, "deferred")]),
        ("dot", ["250 ok", "421 4.3.2 closing"], [(1, "accepted"), (2, "deferred")]),
        ("rcpt", ["421 4.3.2 closing"], [(1, "deferred")]),
        ("mail", ["250 ok", "421 4.3.2 closing"], [(1, "accepted"), (2, "returned")]),
        ("mail", ["250 ok", ""], [(1, "accepted"), (2, "returned")]),
        ("rcpt", ["250 ok", ""], [(1, "accepted"), (2, "returned")]),
        ("mail", [""], [(1, "deferred")]),
        ("dot", [""], [(1, "unknown")]),
        ("greeting", ["421 4.3.2 closing"], [(1, "returned")]),
        ("greeting", ["554 not you"], [(1, "returned")]),
        ("ehlo", [""], [(1, "returned")]),
        ("dot", ["what?"], [(1, "unknown")]),
        ("rcpt", ["what?"], [(1, "deferred")]),
    ],
)
def test_what_a_relay_that_leaves_means_for_each_mail(
    extensions: tuple[str, ...], verb: str, answers: list[str], ends: list[tuple[int, str]]
) -> None:
    session, server = Session(CLIENT), Server({verb: answers}, extensions)
    settled = verdicts(converse(session, server, [mail(1), mail(2), mail(3)]))
    assert settled[: len(ends)] == ends
    assert all(verdict == "returned" for _, verdict in settled[len(ends) :])  # said behind, and never heard
    assert session.closed
    assert session.error is not None


@in_both_ways
@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("mail", "452 4.5.3 Too many messages sent"),
        ("mail", "421 4.3.2 closing"),
        ("mail", "550 too many messages in this session"),
        ("mail", "503 5.5.1 nested MAIL command"),
        ("rcpt", "452 4.5.3 too many recipients"),
        ("rcpt", "503 5.5.1 need MAIL"),
        ("rcpt", "421 4.3.2 closing"),
        ("data", "451 4.3.0 not now"),
        ("data", "421 4.3.2 closing"),
    ],
)
def test_a_limit_of_a_session_that_has_served_says_nothing_of_the_mail(
    extensions: tuple[str, ...], verb: str, answer: str
) -> None:
    good = "354 go on" if verb == "data" else "250 ok"
    session, server = Session(CLIENT), Server({verb: [good, answer]}, extensions)
    assert verdicts(converse(session, server, [mail(1), mail(2)])) == [(1, "accepted"), (2, "returned")]
    assert session.closed
    if not answer.startswith("421"):
        assert server.heard[-1] == "QUIT"


@in_both_ways
def test_what_is_about_one_mailbox_or_one_mail_ends_no_session(extensions: tuple[str, ...]) -> None:
    about_one = ["450 4.2.1 busy", "550 5.1.1 no such user", "550 Administrative prohibition", "550 what?"]
    server = Server(
        {"rcpt": ["250 ok", *about_one], "mail": [*["250 ok"] * 6, "534 Message too big."]}, extensions
    )
    session = Session(CLIENT)
    ends = verdicts(converse(session, server, [mail(n) for n in range(1, 9)]))
    assert ends == [
        (1, "accepted"),
        (2, "deferred"),
        (3, "refused"),
        (4, "deferred"),
        (5, "refused"),
        (6, "accepted"),
        (7, "deferred"),
        (8, "accepted"),
    ]
    assert not session.closed


@in_both_ways
def test_a_session_is_left_before_it_has_seen_too_many_resets(extensions: tuple[str, ...]) -> None:
    server = Server({"rcpt": ["250 ok", *["550 5.1.1 no such user"] * 12]}, extensions)
    session = Session(CLIENT)
    ends = verdicts(converse(session, server, [mail(n) for n in range(12)]))
    assert set(ends[1:]) == {(n, "refused") for n in range(1, 10)}
    assert server.heard.count("RSET") <= 10
    assert (server.heard[-1], session.error) == ("QUIT", None)


@in_both_ways
def test_no_reset_is_sent_where_nothing_was_begun(extensions: tuple[str, ...]) -> None:
    server = Server({"mail": ["451 4.3.0 later"]}, extensions)
    assert verdicts(converse(Session(CLIENT), server, [mail(1), mail(2)])) == [
        (1, "deferred"),
        (2, "accepted"),
    ]
    assert "RSET" not in server.heard


def test_a_transaction_is_reset_after_a_refused_end_of_data() -> None:
    server = Server({"dot": ["554 5.7.1 content"]})
    assert verdicts(converse(Session(CLIENT), server, [mail(1), mail(2)])) == [
        (1, "deferred"),
        (2, "accepted"),
    ]
    assert server.heard.index("RSET") < server.heard.index("RCPT TO:<reader2@readers.test>")


def test_a_mail_is_not_lost_by_a_connection_that_broke_before_its_end_of_data_left() -> None:
    session = Session(CLIENT)
    session.offer(mail())
    session.receive(b"220 here\r\n250-here\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 go on\r\n")
    session.finish()
    session.connection_lost("broken pipe", end_of_data_left=False)
    assert verdicts(end for end in session.events if isinstance(end, Completed)) == [(1, "deferred")]


def test_half_a_message_is_taken_back_by_hanging_up() -> None:
    session = Session(CLIENT)
    session.offer(mail())
    session.receive(b"220 here\r\n250-here\r\n250 PIPELINING\r\n250 a\r\n250 b\r\n354 go on\r\n")
    session.abort()
    assert session.closed
    assert b".\r\n" not in session.outgoing


def test_a_message_too_large_for_the_relay_is_not_begun() -> None:
    server = Server(extensions=("PIPELINING", "SIZE 100"))
    ends = converse(Session(CLIENT), server, [mail(1, b"x" * 101), mail(2)])
    assert verdicts(ends) == [(1, "deferred"), (2, "accepted")]
    assert isinstance(ends[0], Completed)
    assert ends[0].error is None  # it says nothing of others
    assert server.heard[1] == f"MAIL FROM:<digest@digest.test> SIZE={len(BODY)}"


@pytest.mark.parametrize(
    ("content", "recipient", "extension", "parameter"),
    [
        ("é".encode(), "ada@readers.test", "8BITMIME", "BODY=8BITMIME"),
        (b"e", "adä@readers.test", "SMTPUTF8", "SMTPUTF8"),
    ],
)
def test_what_not_every_relay_takes_is_announced_or_kept(
    content: bytes, recipient: str, extension: str, parameter: str
) -> None:
    unusual = Mail(1, content, "digest@digest.test", recipient)
    able, unable = Server(extensions=(extension,)), Server()
    assert verdicts(converse(Session(CLIENT), able, [unusual])) == [(1, "accepted")]
    assert able.heard[1] == f"MAIL FROM:<digest@digest.test> {parameter}"
    assert verdicts(converse(Session(CLIENT), unable, [unusual])) == [(1, "deferred")]
    assert [line for line in unable.heard if line.startswith("MAIL")] == []


def test_an_old_server_that_knows_no_ehlo_is_greeted_plainly() -> None:
    server = Server({"ehlo": ["502 5.5.1 what?"]})
    assert verdicts(converse(Session(CLIENT), server, [mail()])) == [(1, "accepted")]
    assert server.heard[1] == "HELO sender.digest.test"


def test_words_slipped_in_behind_starttls_are_no_answers_of_the_relay() -> None:
    session = Session(ClientConfig("sender.digest.test", starttls=True))
    session.receive(b"220 here\r\n250-here\r\n250 STARTTLS\r\n220 go on\r\n250 slipped in\r\n")
    assert session.closed
    assert not session.wants_tls


def test_a_password_is_not_told_to_a_relay_that_does_not_ask_for_it() -> None:
    session = Session(ClientConfig("sender.digest.test", user="digest", password="s3cret"))
    session.offer(mail())
    session.receive(b"220 here\r\n250-here\r\n250 AUTH GSSAPI\r\n")
    assert session.closed
    assert verdicts(end for end in session.events if isinstance(end, Returned)) == [(1, "returned")]


ANSWERS = {
    "mail": st.sampled_from(["250 ok", "451 4.3.0 later", "421 4.3.2 closing", ""]),
    "rcpt": st.sampled_from(["250 ok", "550 5.1.1 no such user", "450 4.2.0 greylisted", "554 5.7.1 no", ""]),
    "data": st.sampled_from(["354 go on", "451 4.3.0 later", ""]),
    "dot": st.sampled_from(["250 ok", "250-two\r\n250 lines", "452 4.3.1 full", "554 5.6.0 content", ""]),
}
SCRIPTS = st.fixed_dictionaries({verb: st.lists(answer, max_size=6) for verb, answer in ANSWERS.items()})


@given(SCRIPTS, st.sampled_from(STEPS), st.integers(1, 9))
def test_answers_mean_the_same_however_the_network_splits_them(
    script: dict[str, list[str]], extensions: tuple[str, ...], size: int
) -> None:
    def pieces(data: bytes) -> list[bytes]:
        return [data[at : at + size] for at in range(0, len(data), size)]

    one, other = (Server(dict(script), extensions) for _ in range(2))
    mails = [mail(number) for number in range(1, 6)]
    at_once = converse(Session(CLIENT), one, mails)
    assert list(map(repr, at_once)) == list(map(repr, converse(Session(CLIENT), other, mails, pieces)))
    assert one.received == other.received


@given(SCRIPTS, st.sampled_from(STEPS))
def test_what_the_relay_has_is_accepted_or_unknown_and_what_it_has_not_is_neither(
    script: dict[str, list[str]], extensions: tuple[str, ...]
) -> None:
    contents = {number: b"Mail %d\r\n" % number for number in range(1, 6)}
    server = Server(dict(script), extensions)
    ends = verdicts(converse(Session(CLIENT), server, [mail(n, content) for n, content in contents.items()]))
    assert len(dict(ends)) == len(ends)  # each mail ends once
    accepted = [contents[key] for key, verdict in ends if verdict == "accepted"]
    assert server.received == accepted


@given(st.lists(st.sampled_from([b".", b"\r\n", b"a", b"..", b".\r\n"])).map(b"".join))
def test_no_text_ends_a_message_early(content: bytes) -> None:
    server = Server()
    converse(Session(CLIENT), server, [mail(1, content)])
    expected = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert server.received == [expected]
