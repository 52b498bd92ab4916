"""Admin pages for what is published, and for operators and their sign-ins."""

from digest.admin import (
    branding,
    editions,
    operators,
    papers,
    raw_answers,
    selections,
    source_problems,
    sources,
    topics,
)

__all__ = [
    "branding",
    "editions",
    "operators",
    "papers",
    "raw_answers",
    "selections",
    "source_problems",
    "sources",
    "topics",
]
