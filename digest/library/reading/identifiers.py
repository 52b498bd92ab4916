"""Identifiers of papers in a line of text: arXiv ids, DOIs, and links to pages that are about one paper."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from digest.lib.records import arxiv_id, identify

_ARXIV_HOSTS = ("arxiv.org", "huggingface.co", "hf.co", "alphaxiv.org", "ar5iv.org", "scirate.com")
_WRAPPING = "\"'`“”‘’«»<>,;:.!…*_|"
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_SEPARATORS = re.compile(r"[,;|<>\"“”{}\[\]()]+")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
# What publishers put behind a DOI in the addresses of their pages, bioRxiv with the version before it.
_BEHIND_DOI = re.compile(
    r"(?:v\d+)?(?:\.(?:full|abstract|supplementary-material))*(?:\.pdf)?$|/(?:e?pdf|full|abstract|meta)/?$"
)
_LONGEST = 2000  # characters of a word


def find_identifiers(text: str) -> list[str]:
    """The keys of the papers that `text` names, each once, in its order."""
    keys = (key for word in _words(text) for key in _in_word(word))
    return list(dict.fromkeys(keys))


def _words(text: str) -> Iterator[str]:
    """The words of a text; what is too long for one, like ids parted by commas alone, in its parts."""
    for word in text.split():
        parts = [word] if len(word) <= _LONGEST else _SEPARATORS.split(word)
        yield from (part[:_LONGEST] for part in parts)


def _in_word(word: str) -> list[str]:
    """Those of one word: as a whole, for DOIs may hold commas and brackets, else parted at these."""
    bare = _bare(word)
    if key := _named(bare):
        return [key]
    parts = [_bare(part) for part in _SEPARATORS.split(bare)]
    return [key for part in parts if part != bare and (key := _named(part))]


def _bare(word: str) -> str:
    """The word without the punctuation around it; a bracket of its own stays: “10.1000/(a)”."""
    before = None
    while word != before:
        before, word = word, word.lstrip(f"{_WRAPPING})]}}").rstrip(f"{_WRAPPING}([{{")
        for opening, closing in _BRACKETS:
            if word.startswith(opening):
                word = word[1:]
            if word.endswith(closing) and word.count(closing) > word.count(opening):
                word = word[:-1]
    return word


def _named(word: str) -> str | None:
    """The key of the paper that this word names."""
    if "://" in word or word.lower().startswith(("www.", *_ARXIV_HOSTS)):
        return _linked(word if "://" in word else f"https://{word}")
    if found := arxiv_id(word):
        return f"arxiv:{found}"
    doi = _DOI.match(re.sub(r"^doi[:=]\s*", "", word, flags=re.IGNORECASE))
    return _by_doi(doi[0]) if doi else None


def _linked(address: str) -> str | None:
    """The key of the paper that a page is about. A number on a page of any other host is no arXiv id."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = unquote(parts.path)
    of_arxiv = host.endswith(_ARXIV_HOSTS) or "arxiv" in path.lower()
    if of_arxiv and (found := arxiv_id(path) or arxiv_id(unquote(parts.query))):
        return f"arxiv:{found}"
    if host.endswith("doi.org"):
        doi = _DOI.search(unquote(address))
        return _by_doi(doi[0]) if doi else None
    doi = _DOI.search(path)
    return _by_doi(_BEHIND_DOI.sub("", doi[0])) if doi else None


def _by_doi(doi: str) -> str | None:
    key = identify(title="", doi=doi)
    return None if key.startswith("title:") else key
