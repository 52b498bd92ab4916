"""The docs of this version in the browser, as they are written. DEBUG only."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from digest.web.page_language import in_english
from digest.web.rendering import exists_if, show

ROOT: Path = settings.BASE_DIR
FIRST = "docs/index.md"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s#]+\.md)(?:#[^)\s]*)?\)")
_TREE = re.compile(r"```\{toctree\}.*?```\n*", re.DOTALL)  # for the site that `make docs` builds


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; a link to another file of the docs if it has a `name`."""

    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class DocsPage:
    """One file, its text in pieces."""

    name: str
    pieces: tuple[Piece, ...]
    first: str = FIRST


@exists_if(lambda: settings.DEBUG)
@require_safe
@in_english
def docs(request: HttpRequest, name: str = FIRST) -> HttpResponse:
    """A file of the docs; its links to others work."""
    files = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "findings").glob("*.md"))
    names = {str(path.relative_to(ROOT)) for path in files}
    if name not in names:
        raise Http404
    return show(request, "web/docs.html", DocsPage(name, tuple(_pieces(name, names))))


def _pieces(name: str, names: set[str]) -> Iterator[Piece]:
    text, at = _TREE.sub("", (ROOT / name).read_text(encoding="utf-8")), 0
    for link in _LINK.finditer(text):
        to = posixpath.normpath(posixpath.join(posixpath.dirname(name), link[2]))
        if to in names:
            yield Piece(text[at : link.start()])
            yield Piece(link[1], to)
            at = link.end()
    yield Piece(text[at:])
