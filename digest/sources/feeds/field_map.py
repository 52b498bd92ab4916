"""Where a feed has its fields, if not where feeds have them: lines that an operator writes.

    abstract = content:encoded
    doi = prism:doi, dc:identifier

The names of elements are those that stand in the feed; of several the first that is not empty holds.
"""

import re
from collections.abc import Mapping

FieldMap = Mapping[str, tuple[str, ...]]

FIELDS = ("title", "abstract", "authors", "doi", "arxiv", "link", "day")
_ELEMENT = re.compile(r"(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*")
_MOST_LINES = 20


def read_map(text: str) -> FieldMap:
    """The elements by field; ValueError, in one sentence for the operator, if a line cannot be read."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        raise ValueError(f"At most {_MOST_LINES} lines can be read.")
    found: dict[str, tuple[str, ...]] = {}
    for line in lines:
        name, sign, elements = (part.strip() for part in line.partition("="))
        if not sign:
            raise ValueError(f"“{line[:60]}” is no field: write it as “abstract = content:encoded”.")
        if name.lower() not in FIELDS:
            raise ValueError(f"“{name[:60]}” is no field: there are {', '.join(FIELDS)}.")
        if name.lower() in found:
            raise ValueError(f"“{name}” stands there twice: put both elements in one line, with a comma.")
        found[name.lower()] = tuple(_element(element.strip()) for element in elements.split(","))
    return found


def checked(text: str) -> str:
    """The lines as they are stored; ValueError as of `read_map`."""
    return "\n".join(f"{name} = {', '.join(elements)}" for name, elements in read_map(text).items())


def _element(name: str) -> str:
    if not _ELEMENT.fullmatch(name):
        raise ValueError(f"“{name[:60]}” is no name of an element: write it as in the feed, “dc:creator”.")
    return name.lower()
