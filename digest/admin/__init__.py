"""Admin pages for what is published, and for operators and their sign-ins."""

from digest.admin import branding, editions, operators, papers, selections, source_problems, sources, topics

__all__ = [
    "branding",
    "editions",
    "operators",
    "papers",
    "selections",
    "source_problems",
    "sources",
    "topics",
]
