"""Our service on a database of its own, and what its mails are like."""

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from tests.bench.sending.turns import Turn, turn
from tests.services.smtp import SmtpServer

DURABLE = ("fsync=on", "full_page_writes=on", "synchronous_commit=on", "shared_buffers=256MB")
SHARED = 20  # filter sets, where readers share them
SECRET = "no secret: it signs the links of invented readers"
_TRIED = (15, 45)  # papers; the size of mails grows evenly with them
_OURS = "tests.bench.sending.ours"


class Service:
    """Our service; days pass as they are asked for. `shared`: its readers have but 20 filter sets."""

    def __init__(self, folder: str, database: str, relay: str, readers: int, *, shared: bool) -> None:
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATABASE_URL": database,
            "EMAIL_URL": relay,
            "DATA_DIR": folder,
            "SECRET_KEY": SECRET,
        }
        self.plans: list[Turn] = []
        self._days = count(1)
        self._act("readers", readers, SHARED if shared else 0)

    def plan(self, papers: int) -> Turn:
        """Bring in the next day's edition and plan the digests of all readers."""
        day = self._next_day(papers)
        self.plans.append(self._act("plan", day))
        return self.plans[-1]

    def deliver(self, workers: int, connections: int = 4) -> Turn:
        """Hand over what was planned."""
        environment = {**self._environment, "SMTP_CONNECTIONS": str(connections)}
        return turn([(_OURS, "deliver")] * workers, environment)

    def day(self, papers: int) -> Turn:
        """A whole digest day in one process: planned, handed over, recorded; the edition is there before."""
        return self._act("day", self._next_day(papers))

    def _next_day(self, papers: int) -> int:
        day = next(self._days)
        self._act("edition", day, papers)
        return day

    def _act(self, action: str, *arguments: object) -> Turn:
        return turn([(_OURS, action, *map(str, arguments))], self._environment)


@dataclass(frozen=True)
class Sample:
    """A day whose mails have about the size asked for: its papers, their mean size, one of them in parts."""

    papers: int
    octets: float
    content: dict[str, str]


def sample_day(database: str, octets: int, *, readers: int = 200, shared: bool = False) -> Sample:
    """How many papers an edition must have for mails of so many octets, found on real mails."""
    with _keeping_server() as server, tempfile.TemporaryDirectory() as folder:
        ours = Service(folder, database, server.url, readers, shared=shared)
        few, many = (statistics.mean(_sizes(ours, server, papers)) for papers in _TRIED)
        each = (many - few) / (_TRIED[1] - _TRIED[0])
        papers = max(1, round(_TRIED[0] + (octets - few) / each))
        mean = statistics.mean(_sizes(ours, server, papers))
        typical = min(server.mails, key=lambda mail: abs(len(mail.content) - mean))
    text, html = (typical.message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    content = {
        "subject": str(typical.message["Subject"]),
        "text": text.get_content(),
        "html": html.get_content(),
        "message": typical.content.decode("ascii", "surrogateescape"),
    }
    return Sample(papers, mean, content)


def _sizes(ours: Service, server: SmtpServer, papers: int) -> list[int]:
    """Of the mails of one more day, which alone are kept."""
    server.forget()
    ours.day(papers)
    return [len(mail.content) for mail in server.mails]


def peer_environment(database: str, relay: str) -> Mapping[str, str]:
    """What the peers' Django needs to know."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.bench.sending.peer_settings",
        "DATABASE_URL": database,
        "EMAIL_URL": relay,
        "SECRET_KEY": SECRET,
    }


@contextmanager
def _keeping_server() -> Iterator[SmtpServer]:
    server = SmtpServer()
    controller = server.controller()
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
