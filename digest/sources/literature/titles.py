"""Titles as PubMed and Europe PMC write them."""

from digest.sources.markup import without_markup

UNKNOWN = "Not Available"  # what PubMed writes where it has no English title


def plain_title(text: str) -> str:
    """A title without markup, its final full stop, and the brackets around a translated one."""
    title = _without_stop(without_markup(text).strip())
    if _in_one_pair_of_brackets(title):
        title = _without_stop(title[1:-1].strip())
    return "" if title == UNKNOWN else title


def _without_stop(title: str) -> str:
    return title[:-1].rstrip() if title.endswith(".") and not title.endswith("..") else title


def _in_one_pair_of_brackets(title: str) -> bool:
    """Whether the first bracket is closed by the last: not so in “[18F]FDG or [11C]”."""
    if not (title.startswith("[") and title.endswith("]")):
        return False
    depth = 0
    for place, character in enumerate(title):
        depth += (character == "[") - (character == "]")
        if depth == 0:
            return place == len(title) - 1
    return False
