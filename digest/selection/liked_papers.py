"""The stored papers that queries name as liked: their vectors, and whether they are known at all."""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from django.db.models import Q

from digest.lib.messages import deferred
from digest.lib.safe_text import shortened
from digest.matching import Query, QuerySyntaxError
from digest.matching.query.liked import liked_in, with_vectors
from digest.matching.ranking.similarity import LEAST_STEMS, Vector, vector
from digest.models import Paper, PaperKey
from digest.models.paper import LISTED
from digest.selection.requests import stored_query

Versions = tuple[tuple[str, str], ...]  # of papers: the key of each, and a hash of what it says
_LONGEST_TITLE = 60
_REMEMBERED = 2000  # vectors, by the papers' words

K = TypeVar("K", bound=Hashable)


def looked_up(queries: Mapping[K, Query]) -> dict[K, Query]:
    """The same queries with the vectors of the papers they name as liked, as these are stored now."""
    papers = _papers({key for query in queries.values() for key in query.liked})
    vectors = {key: remembered_vector(paper.title, paper.abstract) for key, paper in papers.items()}
    return {key: with_vectors(query, vectors) for key, query in queries.items()}


def known(query: Query, text: str) -> Query:
    """The query that somebody typed as `text`, looked up.

    Raises `QuerySyntaxError` if it names a paper that is not known, or of which too little is.
    """
    if not query.liked:
        return query
    papers = _papers(query.liked)
    for key, place, _ in liked_in(text):
        name = key.removeprefix("arxiv:").removeprefix("doi:")
        if key not in papers:
            problem = deferred("No paper “%(name)s” has come in here", name=name)
            hint = deferred("Name one that has a page in the archive.")
            raise QuerySyntaxError(problem, text, place, hint)
        if len(remembered_vector(papers[key].title, papers[key].abstract)) < LEAST_STEMS:
            problem = deferred("Too little is known of the paper “%(name)s”", name=name)
            hint = deferred("Name one that has an abstract.")
            raise QuerySyntaxError(problem, text, place, hint)
    return looked_up({"": query})[""]


def with_titles(text: str) -> str:
    """A stored query as people read it: `like:“Title” -audio`, as far as its papers are known."""
    found = list(liked_in(text)) if _may_like(text) else []
    papers = _papers(key for key, _, _ in found)
    for key, start, end in reversed(found):
        if key in papers:
            text = f"{text[:start]}like:“{shortened(papers[key].title, _LONGEST_TITLE)}”{text[end:]}"
    return text


def versions(texts: Mapping[K, Iterable[str]]) -> dict[K, Versions]:
    """The papers that stored queries name as liked, as they are now; queries that name none are left out."""
    read = {key: [stored_query(text) for text in each if _may_like(text)] for key, each in texts.items()}
    liked = {key: {name for query in queries for name in query.liked} for key, queries in read.items()}
    papers = _papers({name for names in liked.values() for name in names})
    return {
        key: tuple((name, _hash(papers[name]) if name in papers else "") for name in sorted(names))
        for key, names in liked.items()
        if names
    }


def _may_like(text: str) -> bool:
    return "like:" in text.casefold()


def _papers(keys: Iterable[str]) -> dict[str, Paper]:
    """The stored papers of these keys, by them: also of their titles, and of keys that they had before."""
    wanted = set(keys)
    if not wanted:
        return {}
    found: dict[str, Paper] = {}
    further: dict[int, list[str]] = defaultdict(list)
    for key, number in PaperKey.objects.filter(key__in=wanted).values_list("key", "paper"):
        further[number].append(key)
    named = Q(key__in=wanted) | Q(title_key__in=wanted) | Q(pk__in=further)
    stored = Paper.objects.filter(named, LISTED)
    for paper in stored.only("key", "title_key", "title", "abstract").order_by("-pk"):
        found |= {key: paper for key in (paper.title_key, paper.key) if key in wanted}
        found |= dict.fromkeys(further.get(paper.pk, ()), paper)
    return found


@lru_cache(maxsize=_REMEMBERED)
def remembered_vector(title: str, abstract: str) -> Vector:
    """The vector of a paper of these words."""
    return vector(Paper(title=title, abstract=abstract))


def _hash(paper: Paper) -> str:
    said = f"{paper.title}\0{paper.abstract}".encode(errors="surrogatepass")
    return hashlib.blake2b(said, digest_size=12).hexdigest()
