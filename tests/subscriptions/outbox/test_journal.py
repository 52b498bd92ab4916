"""A journal, whatever was written and wherever it was cut: it never has a mail sent twice, and loses none."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.models import Delivery
from subscriptions.outbox import settling
from subscriptions.outbox.journal import file, machine, records
from subscriptions.outbox.journal.file import Abandoned, JournalFile, JournalUnwritable, abandoned
from subscriptions.outbox.journal.records import Head
from subscriptions.outbox.transitions import Transition
from subscriptions.relay import Cause
from tests.factories import NOW

State = Delivery.State
NAME = "here:1:0123abcd@machine"
HEAD = Head("machine", "boot", 7, "1.0")
KEYS = range(1, 5)
REPLIES = {
    State.ACCEPTED: Transition(0, State.ACCEPTED, "250 taken", attempted=True),
    State.DEFERRED: Transition(0, State.DEFERRED, "451 später\r\n", NOW + timedelta(hours=1), attempted=True),
    State.REFUSED: Transition(0, State.REFUSED, "550 no", attempted=True, email="a@b.example"),
}
WAITS = {State.PENDING, State.DEFERRED}
# One after another, as a sender does it: end of data of a mail leaves, and perhaps a reply comes.
HISTORIES = st.permutations(KEYS).flatmap(
    lambda keys: st.lists(st.none() | st.sampled_from(sorted(REPLIES)), max_size=len(keys)).map(
        lambda replies: list(zip(keys, replies, strict=False))
    )
)


def written(history: Sequence[tuple[int, str | None]]) -> list[bytes]:
    lines = [records.head(NAME, HEAD)]
    for key, reply in history:
        lines.append(records.begun(NAME, [key]))
        if reply is not None:
            lines.append(records.replied(NAME, key, settling.as_reply(REPLIES[State(reply)])))
    return lines


def concluded(content: bytes, *, boot: str = "boot", inode: int = 7) -> dict[int, State]:
    """What becomes of the mails, all of which the database has as `handing`."""
    journal = records.read(NAME, content)
    left = Abandoned(NAME, journal, journal.believed("machine", boot, inode))
    return {made.pk: made.to for made in settling.conclusions(left, dict.fromkeys(KEYS, 0), NOW)}


@given(HISTORIES, st.integers(0, 9))
def test_a_process_that_dies_between_two_records_leaves_what_it_knew(
    history: list[tuple[int, str | None]], lines: int
) -> None:
    kept = written(history)[: 1 + lines]
    states = concluded(b"".join(kept))
    known = dict(history)
    for key in KEYS:
        begun = records.begun(NAME, [key]) in kept
        replied = any(b'"replied",%d,' % key in line for line in kept)
        assert states[key] == (known[key] if replied else State.UNKNOWN if begun else State.PENDING)


@given(HISTORIES, st.floats(0, 1))
def test_after_a_power_loss_nothing_waits_again_whatever_is_left_of_the_journal(
    history: list[tuple[int, str | None]], kept: float
) -> None:
    content = b"".join(written(history))
    states = concluded(content[: int(kept * len(content))], boot="another boot")
    assert not WAITS & set(states.values())
    assert all(dict(history)[key] == state for key, state in states.items() if state != State.UNKNOWN)


@given(HISTORIES, st.data())
def test_a_record_that_is_not_whole_has_nothing_wait_again(
    history: list[tuple[int, str | None]], data: st.DataObject
) -> None:
    lines = written(history)
    place = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[place]) - 1))
    damaged = data.draw(st.sampled_from([b"", b"\0" * 9, b"0"]))
    behind = b"".join(lines[place + 1 :]) if damaged else b""
    content = b"".join(lines[:place]) + lines[place][:cut] + damaged + behind
    if cut == 0 and not behind and not damaged:
        return  # it ends between two records
    assert not WAITS & set(concluded(content).values())


@pytest.mark.parametrize("of", [{"boot": "another"}, {"inode": 8}])
def test_a_copy_or_a_journal_of_another_boot_is_not_believed(of: dict[str, object]) -> None:
    assert set(concluded(records.head(NAME, HEAD), **of).values()) == {State.UNKNOWN}  # type: ignore[arg-type]
    assert set(concluded(records.head(NAME, HEAD)).values()) == {State.PENDING}


def test_lines_of_another_journal_or_format_are_not_believed() -> None:
    other = records.head("other", HEAD)
    assert set(concluded(other).values()) == {State.UNKNOWN}
    older = records.head(NAME, Head("machine", "boot", 7, "0.9", format=records.FORMAT + 1))
    assert set(concluded(older).values()) == {State.UNKNOWN}
    same_format = records.head(NAME, Head("machine", "boot", 7, "0.9"))
    assert set(concluded(same_format).values()) == {State.PENDING}


@given(
    st.text(max_size=600),
    st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
    st.booleans(),
    st.none() | st.sampled_from(list(Cause)),
)
def test_every_reply_is_read_as_it_was_written(
    reason: str, later: datetime | None, attempted: bool, cause: Cause | None
) -> None:
    made = Transition(3, State.DEFERRED, reason, later, attempted=attempted, email="ü@b.example", cause=cause)
    journal = records.read(NAME, records.replied(NAME, 3, settling.as_reply(made)))
    assert settling.reply(Abandoned(NAME, journal, believed=False), 3) == made


def test_the_journal_of_a_sender_that_lives_is_left_alone_and_that_of_a_dead_one_is_read_once(
    tmp_path: Path,
) -> None:
    alive, dead = (JournalFile.begin(tmp_path, "1.0") for _ in range(2))
    assert alive
    assert dead
    dead.begun([5])
    dead.close()
    (left,) = abandoned(tmp_path)
    assert (left.name, left.believed, list(left.journal.entries)) == (dead.name, True, [5])
    assert list(abandoned(tmp_path)) == []
    assert [path.stem for path in tmp_path.iterdir()] == [alive.name]
    alive.discard()
    assert not list(tmp_path.iterdir())


def test_a_journal_that_cannot_be_settled_now_is_kept(tmp_path: Path) -> None:
    dead = JournalFile.begin(tmp_path, "1.0")
    assert dead
    dead.close()

    def settle() -> None:
        for _ in abandoned(tmp_path):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        settle()
    assert len(list(abandoned(tmp_path))) == 1


def test_journals_of_another_machine_are_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = JournalFile.begin(tmp_path, "1.0")
    assert theirs
    theirs.close()
    monkeypatch.setattr(file, "this_machine", lambda: machine.Machine("another", "boot"))
    assert list(abandoned(tmp_path)) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_a_journal_whole(tmp_path: Path) -> None:
    """The kernel writes a part of the record, then nothing."""
    journal = JournalFile.begin(tmp_path, "1.0")
    assert journal
    journal.begun([1])
    write = os.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, record: write(descriptor, record[:5]))
        with pytest.raises(JournalUnwritable):
            journal.begun([2])
    journal.close()
    (left,) = abandoned(tmp_path)
    assert left.believed
    assert list(left.journal.entries) == [1]


MOUNTS = """\
22 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a
23 22 {number} /var/lib/digest /data rw,relatime - {system} /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("system", "lasts"),
    [("ext4", True), ("btrfs", True), ("nfs4", True), ("overlay", False), ("tmpfs", False)],
)
def test_a_disk_that_goes_with_its_container_is_no_place_for_a_journal(
    tmp_path: Path, system: str, lasts: bool
) -> None:
    device = tmp_path.stat().st_dev
    mounts = MOUNTS.format(number=f"{os.major(device)}:{os.minor(device)}", system=system)
    assert machine.is_lasting(tmp_path, mounts) is lasts


def test_nobody_but_the_user_of_the_service_reads_a_journal(tmp_path: Path) -> None:
    journal = JournalFile.begin(tmp_path / "outbox", "1.0")
    assert journal
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
