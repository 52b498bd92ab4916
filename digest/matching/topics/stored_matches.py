"""The topics that a paper belongs to, as plain values that are stored with it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from digest.matching.ast import Field
from digest.matching.paper import PaperText
from digest.matching.reasons import Reason
from digest.matching.topics.classifier import TopicMatch
from digest.matching.topics.model_version import version

TopicMatches = Mapping[str, TopicMatch]


def packed(matches: TopicMatches, paper: PaperText) -> dict[str, Any]:
    """The topic matches of a paper as plain values, for `unpacked`."""
    return {
        "of": _fingerprint(paper),
        "topics": [
            [slug, found.score, found.strength, [[r.field, r.start, r.end] for r in found.reasons]]
            for slug, found in matches.items()
        ],
    }


def unpacked(stored: Mapping[str, Any] | None, paper: PaperText) -> TopicMatches | None:
    """What was `packed`; None if by another model, or of words that the paper has no longer."""
    if stored is None or stored["of"] != _fingerprint(paper):
        return None
    return {
        slug: TopicMatch(score, strength, tuple(_reason(paper, *reason) for reason in reasons))
        for slug, score, strength, reasons in stored["topics"]
    }


def _reason(paper: PaperText, field: str, start: int, end: int) -> Reason:
    return Reason(Field(field), getattr(paper, field)[start:end], start, end)


def _fingerprint(paper: PaperText) -> str:
    """Another text after any change of the paper's words or of what judges them."""
    words = f"{version()}\0{paper.title}\0{paper.abstract}".encode(errors="surrogatepass")
    return hashlib.blake2b(words, digest_size=12).hexdigest()
