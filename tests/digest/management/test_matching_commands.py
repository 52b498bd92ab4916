"""`manage.py match`, `classify` and `evaluate`: output that scripts rely on."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest.ingestion.shipped_topics import PRESETS
from digest.training.examples import LABELS, LOCKED, read_label_rows
from tests.factories import edition, record

LINES = [
    {
        "id": "1",
        "title": "Post-training quantization of language models to 4 bits",
        "abstract": "We quantize weights to INT4.",
    },
    {"id": "2", "title": "A survey of boats", "abstract": "Boats float. Some sink."},
]


@pytest.fixture
def papers(tmp_path: Path) -> str:
    file = tmp_path / "papers.jsonl"
    file.write_text("\n".join(map(json.dumps, LINES)) + "\n", encoding="utf-8")
    return str(file)


def run(name: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


def test_match_prints_one_line_per_matching_paper_of_a_file(papers: str) -> None:
    (line,) = run("match", "quantization NOT audio", "--papers", papers, "--json").splitlines()
    found = json.loads(line)
    assert found["id"] == "1"
    assert [(r["field"], r["text"]) for r in found["reasons"]] == [
        ("title", "quantization"),
        ("abstract", "quantize"),
    ]


def test_match_prints_only_what_matches_of_two_lines_with_one_id(tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl"
    lines = [{"id": "1", "title": "Agents"}, {"id": "1", "title": "Boats"}]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("match", "boats", "--papers", str(file)) == "1  Boats\n1 of 2 papers\n"


@pytest.mark.parametrize(
    "wrong",
    [
        {"upvotes": "many"},
        {"comments": 1.5},
        {"authors": True},
        {"author_names": "Ada"},
        {"author_names": [1]},
        {"topics": {"agents": 1}},
        {"title": ["Boats"]},
        {"title": None},
        {"abstract": 3},
        {"organization": ["Engines"]},
        {"day": 20251105},
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_line(tmp_path: Path, wrong: dict[str, Any]) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text("\n".join(map(json.dumps, [LINES[0], LINES[1] | wrong])), encoding="utf-8")
    with pytest.raises(CommandError, match=rf"^Line 2 is no paper.*{next(iter(wrong))}"):
        run("match", "boats", "--papers", str(file))


def test_match_explains_what_the_other_papers_lack(papers: str) -> None:
    said = run("match", "quantization OR (boats sails)", "--papers", papers, "--explain")
    assert "+ 1" in said
    assert "lacks quantization" in said or "lacks sails" in said
    assert "1 of 2 papers" in said


@pytest.mark.django_db
def test_match_looks_through_the_stored_papers() -> None:
    edition("Agents at sea", "Boats")
    assert "1 of 2 papers" in run("match", "agents")


def test_an_unreadable_query_shows_the_place(papers: str) -> None:
    with pytest.raises(CommandError, match=r"never closed") as caught:
        run("match", "boats (sails", "--papers", papers)
    assert str(caught.value).splitlines()[-1] == "      ^"


def test_classify_lists_only_the_topics_a_paper_belongs_to(papers: str) -> None:
    first, second = map(json.loads, run("classify", papers, "--json").splitlines())
    assert first["id"] == "1"
    slugs = [topic["slug"] for topic in first["topics"]]
    assert "quantization" in slugs
    assert set(slugs) < {preset.slug for preset in PRESETS}
    assert all(topic["reasons"] and 0 < topic["score"] <= 1 for topic in first["topics"])
    assert second == {"id": "2", "topics": []}


def test_evaluate_prints_figures_per_topic_and_their_mean(papers: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    topics = [["quantization"], []]
    lines = (json.dumps(line | {"topics": t, "ambiguous": []}) for line, t in zip(LINES, topics, strict=True))
    labels.write_text("\n".join(lines), encoding="utf-8")
    figures = json.loads(run("evaluate", str(labels), "--json"))
    assert figures["all"]["topics"]["quantization"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert "macro F1" in run("evaluate", str(labels))


@pytest.mark.django_db
def test_evaluate_without_a_file_judges_the_stored_papers_that_the_model_did_not_learn_from() -> None:
    rows = read_label_rows(LOCKED)
    agents = next(key for key, labels in rows.items() if labels.topics == {"agents"})
    learned = next(iter(read_label_rows(LABELS)))
    words = {"title": "Tool use of LLM agents", "abstract": "LLM agents call tools in an agent framework."}
    edition(*(record(key=f"arxiv:{key}", **words) for key in (agents, learned)))
    assert "1 papers" in run("evaluate")
    figures = json.loads(run("evaluate", "--json"))
    assert figures["all"]["topics"]["agents"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


@pytest.mark.django_db
def test_evaluate_says_where_no_labelled_paper_is_stored() -> None:
    with pytest.raises(CommandError, match="no labelled paper stored here"):
        run("evaluate")


@pytest.mark.parametrize("line", ["not json", "[]", '{"id": "1"}', '{"title": 3, "id": 1, "day": "soon"}'])
@pytest.mark.parametrize("command", ["classify", "evaluate"])
def test_a_line_that_is_no_paper_is_named(command: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps(LINES[0]) + "\n" + line, encoding="utf-8")
    with pytest.raises(CommandError, match="Line 2 is no paper"):
        run(command, str(file))
