"""Invented papers for the tests of reference formats."""

from datetime import date
from typing import Any

from digest.lib.records import PaperRecord

DAY = date(2025, 11, 5)


def paper(title: str = "Quantized agents", **values: Any) -> PaperRecord:
    facts: dict[str, Any] = {
        "key": "arxiv:2511.00001",
        "title": title,
        "abstract": "",
        "authors": None,
        "organization": None,
        "published": date(2025, 11, 4),
        "comments": None,
        "upvotes": None,
        "url": "https://example.org/paper",
        "day": DAY,
        "author_names": ("Ada Lovelace",),
    }
    return PaperRecord(**facts | values)
