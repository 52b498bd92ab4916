"""`manage.py replay`: what an operator and a script see."""

import io
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command

from digest.models import Paper, RawAnswer
from tests.digest.ingestion.test_replay import HOUR, keep
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db


def replay(*options: str, days: tuple[str, str] = (str(DAY), str(DAY))) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    since, until = days
    named = ["--source=huggingface", f"--from={since}", f"--to={until}"]
    call_command("replay", *named, *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def _upgraded() -> None:
    """A kept answer of which more can be read than when it came."""
    edition(record("First", key="arxiv:2511.00001", upvotes=3, organization=None))
    keep(
        record("First", key="arxiv:2511.00001", upvotes=9, organization="ISTA", authors="many"),
        record("Second", key="arxiv:2511.00002"),
        at=NOW + HOUR,
    )


@pytest.mark.usefixtures("_upgraded")
def test_each_day_says_what_changes_paper_by_paper() -> None:
    said, _ = replay("--dry-run")
    assert said == (
        "2025-11-05: 2 answers\n"
        "  edition of 2025-11-05: papers 1 → 2, rejected 0 → 0\n"
        "  authors could not be read in 1 paper\n"
        "  + arxiv:2511.00002  Second\n"
        "  ~ arxiv:2511.00001  First\n"
        "      organization: none → ISTA\n"
        "      upvotes: 3 → 9\n"
        "1 day parsed again, nothing stored\n"
    )
    assert Paper.objects.count() == 1


@pytest.mark.usefixtures("_upgraded")
def test_what_is_stored_waits_for_a_release_and_the_command_says_so() -> None:
    with time_machine.travel(NOW + HOUR, tick=False):
        said, _ = replay()
    assert said.endswith(
        "1 day parsed again\n1 paper of these days is not released: see “manage.py release”.\n"
    )
    assert Paper.objects.get(title="Second").release is None


@pytest.mark.usefixtures("_upgraded")
def test_a_script_gets_one_object_per_day() -> None:
    said, remarks = replay("--dry-run", "--json")
    (day,) = (json.loads(line) for line in said.splitlines())
    assert (day["day"], day["answers"], day["failed"], day["unreadable"]) == (
        "2025-11-05",
        2,
        [],
        {"authors": 1},
    )
    differences = day["differences"]
    assert differences["editions"] == [{"day": "2025-11-05", "papers": [1, 2], "rejected": [0, 0]}]
    assert [found["title"] for found in differences["found"]] == ["Second"]
    assert {"field": "upvotes", "old": 3, "new": 9} in differences["changed"][0]["facts"]
    assert remarks == "1 day parsed again, nothing stored\n"


@pytest.mark.usefixtures("_upgraded")
def test_an_answer_that_cannot_be_parsed_any_more_makes_the_command_fail_at_the_end() -> None:
    RawAnswer.objects.filter(fetched_at=NOW).update(format="of-a-later-version")
    with pytest.raises(CommandError, match="1 answer can no longer be parsed; what is stored of it stays"):
        replay()
    assert Paper.objects.count() == 2


@pytest.mark.usefixtures("_upgraded")
def test_an_answer_that_never_could_be_read_is_told_and_is_no_failure() -> None:
    RawAnswer.objects.filter(fetched_at=NOW).update(format="")
    said, _ = replay()
    assert "! the answer of 2025-11-05 09:00 still cannot be read: Expected " in said


def test_days_of_which_nothing_is_kept_are_an_error() -> None:
    source("huggingface")
    with pytest.raises(CommandError, match="No answer of Huggingface about these days is kept"):
        replay()
