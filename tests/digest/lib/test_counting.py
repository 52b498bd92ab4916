"""One of something is not called by its plural."""

import io

import pytest
from django.core.management import call_command

from digest.lib.counting import number_of
from tests.factories import edition


def test_one_and_many() -> None:
    assert [number_of(number, "paper") for number in (0, 1, 2, 1204)] == [
        *("0 papers", "1 paper", "2 papers", "1,204 papers")
    ]


@pytest.mark.django_db
def test_a_command_that_finds_one_paper_says_so() -> None:
    edition("Agents at work")
    out = io.StringIO()
    call_command("match", "agents", stdout=out)
    assert "1 of 1 paper\n" in out.getvalue()
