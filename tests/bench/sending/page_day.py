"""A digest day with a real page of papers, by any build: readers, the page, planned, handed over."""

import os
from pathlib import Path

from tests.bench.builds import ROOT, Build
from tests.bench.sending.service import SECRET
from tests.bench.sending.turns import Turn, turn

_SERVICE = "tests.bench.sending.ours"
_PAGE = str(ROOT / "tests" / "bench" / "sending" / "page.py")


def page() -> Path | None:
    """The page of 115 papers as it is, in the real material that TEST_DATA names."""
    data = os.environ.get("TEST_DATA")
    return Path(data) / "huggingface" / "text" / "daily-papers-page.txt" if data else None


class PageDay:
    """One day of a service on a database of its own; a page is new to its readers once."""

    def __init__(self, build: Build, folder: str, database: str, relay: str) -> None:
        self._build = build
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATABASE_URL": database,
            "EMAIL_URL": relay,
            "DATA_DIR": folder,
            "SECRET_KEY": SECRET,
        }

    def prepare(self, readers: int, sets: int | None = 0) -> int:
        """Make the readers and bring in the page: how many papers it has.

        Without `sets` the build makes readers without being told how many filter sets they share.
        """
        shared = () if sets is None else (str(sets),)
        self._act(1, _SERVICE, "readers", str(readers), *shared)
        return self._act(1, _PAGE, str(page())).done

    def filter_sets(self) -> int:
        """How many distinct ones the readers have; for this build alone."""
        return self._act(1, _SERVICE, "filter-sets").done

    def plan(self) -> Turn:
        return self._act(1, _SERVICE, "plan", "1")

    def deliver(self, workers: int = 1) -> Turn:
        return self._act(workers, _SERVICE, "deliver")

    def _act(self, workers: int, *command: str) -> Turn:
        return turn([command] * workers, self._environment, self._build)
