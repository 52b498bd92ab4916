"""Everyone hands over as many mails as they say, into sinks that take them."""

import json
import smtplib
import socket
from pathlib import Path

import pytest

from tests.bench.sending.service import Service, peer_environment, sample_day
from tests.bench.sending.sink import running_sink
from tests.bench.sending.tools import Tools
from tests.bench.sending.turns import turn
from tests.services.smtp import SmtpServer

pytestmark = pytest.mark.services


class NoTools(Tools):
    """Where Postfix's programs are missing."""

    def __init__(self) -> None:
        self.source = self.sink = None


def test_our_own_sink_takes_mails_one_by_one_and_pipelined() -> None:
    message = "Subject: Papers\r\n\r\nToday.\r\n..\r\n"
    with running_sink(NoTools()) as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        for _ in range(2):
            assert client.sendmail("digest@here.test", ["reader@there.test"], message) == {}
        client.close()
        with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as connection:
            envelope = b"MAIL FROM:<a@here.test>\r\nRCPT TO:<b@there.test>\r\nDATA\r\n"
            connection.sendall(b"EHLO here\r\n" + (envelope + b"Subject: 1\r\n\r\n.\r\n") * 3 + b"QUIT\r\n")
            answers = b"".join(iter(lambda: connection.recv(4096), b"")).split(b"\r\n")
    assert sum(answer.startswith(b"354") for answer in answers) == 3
    assert sum(answer.startswith(b"250 ") for answer in answers) == 1 + 3 * 3
    assert answers[-2].startswith(b"221")


@pytest.mark.parametrize("name", ["send-messages", "finished"])
def test_peers_hand_over_what_they_say(name: str, smtp_server: SmtpServer, tmp_path: Path) -> None:
    content = tmp_path / "content"
    message = "Subject: Papers\r\n\r\nToday.\r\n"
    content.write_text(
        json.dumps({"subject": "Papers", "text": "Today.", "html": "<p>Today.</p>", "message": message})
    )
    environment = peer_environment(f"sqlite:///{tmp_path}/peers.sqlite3", smtp_server.url)
    taken = turn([("tests.bench.sending.peers", name, "5", str(content))], environment)
    assert taken.done == len(smtp_server.mails) == 5
    assert {mail.message["Subject"] for mail in smtp_server.mails} == {"Papers"}
    assert taken.megabytes > 1


def test_a_contestant_that_fails_says_why(tmp_path: Path) -> None:
    environment = peer_environment(f"sqlite:///{tmp_path}/peers.sqlite3", "smtp://127.0.0.1:1")
    with pytest.raises(RuntimeError, match="No such file"):
        turn([("tests.bench.sending.peers", "finished", "5", str(tmp_path / "nothing"))], environment)


def test_we_hand_over_what_was_planned_once_by_two_workers(smtp_server: SmtpServer, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ours.sqlite3"
    ours = Service(str(tmp_path), database, smtp_server.url, 20, shared=True)
    planned = ours.plan(papers=60)
    handed_over = ours.deliver(workers=2)
    assert planned.done == 20
    assert 15 <= handed_over.done == len(smtp_server.mails) <= 20
    assert len({mail.recipients for mail in smtp_server.mails}) == len(smtp_server.mails)


def test_the_sample_is_a_real_mail_of_about_the_size_asked_for(postgres_url: str) -> None:
    sample = sample_day(postgres_url, 30_000, readers=20, shared=True)
    assert sample.octets == pytest.approx(30_000, rel=0.5)
    assert len(sample.content["message"]) == pytest.approx(sample.octets, rel=0.5)
    assert sample.content["html"].lstrip().startswith("<!")
    assert sample.content["text"]
    assert sample.content["subject"]
