"""The labels that topic models learn from, and those that they are judged by."""

from collections import Counter
from pathlib import Path

import pytest

from digest.matching.topics.measured import measured_topics
from digest.training.examples import (
    LABELS,
    LOCKED,
    TOPICS,
    Example,
    read_label_rows,
    read_labels,
    without_locked,
)

# Earlier labellings had found all that the corpus holds.
RARE = {"quantization", "distributed-training"}


def test_no_paper_that_is_kept_for_judging_is_learned_from() -> None:
    assert not read_label_rows(LOCKED).keys() & read_label_rows(LABELS).keys()


def test_a_paper_that_is_kept_for_judging_is_not_even_learned_from_without_its_label() -> None:
    locked = next(iter(read_label_rows(LOCKED)))
    papers = [Example(locked, "Kept", ""), Example("0000.00000", "Not kept", "")]
    assert [paper.key for paper in without_locked(papers)] == ["0000.00000"]


@pytest.mark.parametrize("path", [LABELS, LOCKED], ids=lambda path: path.stem)
def test_a_paper_is_labelled_once(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) == len(read_label_rows(path))


def test_every_topic_that_is_not_rare_has_thirty_papers_to_be_judged_by() -> None:
    belong = Counter(slug for labels in read_label_rows(LOCKED).values() for slug in labels.topics)
    assert {slug for slug in TOPICS if belong[slug] < 30} == RARE


def test_the_draw_of_every_paper_that_is_kept_for_judging_is_written_down() -> None:
    lines = [line for line in LOCKED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert all(0 < float(line.split("\t")[3]) <= 1 for line in lines)


def test_a_label_of_an_unknown_topic_is_refused(tmp_path: Path) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text("2401.00001\tgardening\t\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown topics: gardening"):
        read_labels(labels, [Example("2401.00001", "Roses", "")])


def test_every_topic_is_measured_on_the_gold_papers_and_those_kept_for_judging() -> None:
    measured = measured_topics()
    assert tuple(measured) == TOPICS
    locked = read_label_rows(LOCKED).values()
    for slug, topic in measured.items():
        assert topic.papers == 304 + len(locked)
        assert topic.query.belong == topic.selected.belong >= sum(slug in one.topics for one in locked)
