"""Titles of preprints and their printed versions: how often they are known again, and whether others are."""

import gzip
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from digest.lib.likely_twins import likely_key

VARIANTS: Mapping[str, Callable[[str], str]] = {
    "upper case": lambda title: title.upper() + ".",
    "no hyphens": lambda title: title.replace("-", ""),
    "hyphens as spaces": lambda title: title.replace("-", " "),
    "a dash for the colon": lambda title: title.replace(":", " –"),
    "no articles": lambda title: re.sub(r"\b(the|a|an) ", "", title, flags=re.IGNORECASE),
    "another preposition": lambda title: re.sub(r"\bvia\b", "using", title),
    "a sign for “and”": lambda title: re.sub(r"\band\b", "&", title),
    "a plural": lambda title: re.sub(r"(\w{5,}[^s\W])\b", r"\1s", title, count=1),
}


def titles(folder: Path) -> list[str]:
    with gzip.open(folder / "corpus" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        entries = map(json.loads, lines)
        return list({entry["id"]: " ".join(entry["title"].split()) for entry in entries}.values())


def test_no_two_papers_of_the_corpus_have_titles_that_suggest_that_they_are_one(test_data: Path) -> None:
    keys = [key for key in map(likely_key, titles(test_data)) if key]
    assert len(keys) == len(set(keys)) == 7_891  # of 7,917: the other titles are too short


def test_titles_are_known_again_when_only_their_spelling_changed(test_data: Path) -> None:
    long = [title for title in titles(test_data) if likely_key(title)]
    for name, variant in VARIANTS.items():
        changed = [title for title in long if variant(title) != title]
        same = sum(likely_key(variant(title)) == likely_key(title) for title in changed)
        assert same >= 0.97 * len(changed), name


def test_a_sequel_is_another_paper() -> None:
    first = "Nemotron 3 Nano: Open, Efficient Models for Reasoning"
    assert likely_key(first) != likely_key(first.replace("Nano", "Super"))
    assert likely_key("A survey") == likely_key("Editorial") == ""
