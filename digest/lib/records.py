"""The plain value of a paper, its identity, and the cleaning of text that strangers wrote."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

_ARCHIVES = (
    r"astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph|physics|math|cs|nlin|stat"
    r"|q-(?:alg|bio|fin)|acc-phys|adap-org|alg-geom|ao-sci|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas"
    r"|dg-ga|funct-an|mtrl-th|patt-sol|plasm-ph|solv-int|supr-con"
)
_YEAR_MONTH = r"\d{2}(?:0[1-9]|1[0-2])"
# arXiv, "Understanding the arXiv identifier". The subject class in "math.GT/0309136" identifies nothing.
_ARXIV_ID = re.compile(
    rf"(?:^|[/:\s]|arxiv\.)"
    rf"(?:(?P<new>{_YEAR_MONTH}\.\d{{4,5}})|(?P<archive>{_ARCHIVES})(?:\.[a-z]{{2}})?/(?P<old>{_YEAR_MONTH}\d{{3}}))"
    r"(?:v\d+)?(?:\.pdf)?/?(?:[?#].*)?$",
    re.ASCII | re.IGNORECASE,
)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(?P<doi>10\.\d{4,9}/\S+)$", re.IGNORECASE)
_ARXIV_DOI = "10.48550/arxiv."
_DOI_LIMIT = 180
_LINK_LIMIT = 2_000  # nothing longer ends in an id: looking for one would take long
_TITLE_KEY = re.compile(r"title:[0-9a-f]{24}")
_IN_PATHS = (
    "/:;,()@!$&'*+="  # what a path holds as it is (RFC 3986, 3.3); a DOI may have “#”, “?”, “<” and “%”
)
# arXiv asks authors to say so in place of the abstract; some say it behind the abstract, or in the title.
_WITHDRAWN = re.compile(
    r"(?:^|[.!?]\s)\W{0,20}this (?:paper|article|submission|manuscript|preprint|work)"
    r" (?:has been|is|was) (?:now )?withdrawn\b"
    r"|^\W*(?:(?:the |this )?(?:paper|article|submission) )?(?:has been )?withdrawn (?:by|due to|because)\b"
    r"|^\W*withdrawn\W*$",
    re.IGNORECASE,
)
_WITHDRAWN_TITLE = re.compile(r"^\W*withdrawn\s*[\])}:]|[\[({]withdrawn[\])}]$", re.IGNORECASE)
TITLE_SEARCH = "https://huggingface.co/papers?q="  # where the paper itself is not known
TITLE_LIMIT = 500
ABSTRACT_LIMIT = 20_000
NAME_LIMIT = 200
SUMMARY_LIMIT = 500


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """One paper as one edition of one source shows it.

    `authors`, `comments` and `upvotes` are counts, None where the source does not say. `day` is the
    edition's day; `published` the day the paper itself appeared. `summary` is a line of the source's own,
    which a model may have written: it is shown as the source's, and no query looks at it.

    `other_keys` are further identities under which the source knows the paper: its DOI beside its arXiv id,
    that of the journal's version, of the preprint. `unreadable` names the fields that were there and could
    not be read; they are left empty. Of an `undated` one the source names no day: it belongs to the day on
    which it was first seen, and `day` is the day on which the answer came. `source_titles` are the sources
    that listed it, as people call them, where there are several.
    """

    key: str
    title: str
    abstract: str
    authors: int | None
    organization: str | None
    published: date | None
    comments: int | None
    upvotes: int | None
    url: str
    day: date
    author_names: tuple[str, ...] = ()
    code_url: str | None = None
    project_url: str | None = None
    source_names: tuple[str, ...] = ()
    summary: str | None = None
    other_keys: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    undated: bool = False
    source_titles: tuple[str, ...] = ()

    @property
    def withdrawn(self) -> bool:
        """Whether its authors say that they took it back."""
        return bool(_WITHDRAWN_TITLE.search(self.title)) or says_withdrawn(self.abstract)

    def as_json(self) -> dict[str, Any]:
        """The public JSON object of `manage.py ingest --json`; its keys stay stable."""
        return {
            "key": self.key,
            "title": self.title,
            "abstract": self.abstract,
            "authors": self.authors,
            "organization": self.organization,
            "published": self.published.isoformat() if self.published else None,
            "comments": self.comments,
            "upvotes": self.upvotes,
            "url": self.url,
            "day": self.day.isoformat(),
        }


def says_withdrawn(text: str) -> bool:
    """Whether an abstract, or a comment on it, says that the paper was taken back."""
    # Hardly an abstract has the word, and the search takes long (to it, “ı” is an “i”).
    return "thdrawn" in text.lower() and bool(_WITHDRAWN.search(text))


def arxiv_id(text: str) -> str | None:
    """The arXiv id without version that `text` ends in: an id, "arxiv:id", a link to the paper."""
    match = _ARXIV_ID.search(text.strip()) if len(text) <= _LINK_LIMIT else None
    if match is None:
        return None
    return match["new"] or f"{match['archive'].lower()}/{match['old']}"


@lru_cache(maxsize=4096)  # asked for several times for each paper of an answer
def title_key(title: str) -> str:
    """Identity by title: equal for titles that differ only in case, accents, spacing or punctuation.

    A title of nothing but signs is identified by those signs.
    """
    plain = unicodedata.normalize("NFKD", title).casefold()
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    identity = " ".join(words or plain.split())
    return "title:" + hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=12).hexdigest()


def identify(*, title: str, arxiv: str | None = None, doi: str | None = None) -> str:
    """A paper's key: arXiv id without version, else DOI, else its normalised title.

    arXiv's own DOIs (10.48550/arXiv.…) are arXiv ids.
    """
    if arxiv and (found := arxiv_id(arxiv)):
        return f"arxiv:{found}"
    if doi and (match := _DOI.match(doi.strip())):
        name = match["doi"].casefold()
        if name.startswith(_ARXIV_DOI) and (found := arxiv_id(name)):
            return f"arxiv:{found}"
        if len(name) <= _DOI_LIMIT and name.isprintable():
            return f"doi:{name}"
    return title_key(title)


def paper_key(text: str) -> str | None:
    """The key that an arXiv id, a DOI, a link to either or a key itself names; None for anything else."""
    name = text.strip()
    if _TITLE_KEY.fullmatch(name):
        return name
    key = identify(title="", doi=name) if _DOI.match(name) else identify(title="", arxiv=name)
    return None if key.startswith("title:") else key


def paper_url(key: str, title: str) -> str:
    """Where a reader opens the paper: its page on arXiv, its DOI, or a search for its title.

    Always shorter than 2,000 characters: a long title is searched by its beginning.
    """
    scheme, _, rest = key.partition(":")
    if scheme == "arxiv":
        return f"https://arxiv.org/abs/{rest}"
    if scheme == "doi":
        return f"https://doi.org/{quote(rest, safe=_IN_PATHS)}"
    return TITLE_SEARCH + quote_plus(title[:150], errors="replace")


def pdf_url(key: str) -> str | None:
    """The PDF of a paper known by its arXiv id."""
    scheme, _, rest = key.partition(":")
    return f"https://arxiv.org/pdf/{rest}" if scheme == "arxiv" else None


def clean_text(text: str, limit: int) -> str:
    """One line of safe text: white space folded; controls, bidirectional overrides, lone surrogates,
    private-use characters and noncharacters gone. Everything else, `& " < >` too, stays as it is.

    At most `limit` characters; a longer text ends with an ellipsis. Cleaning twice changes nothing.
    """
    folded = " ".join(text[: 20 * limit + 10_000].split())  # the rest of a huge one would only cost memory
    if not folded.isprintable():
        folded = " ".join("".join(c for c in folded[: limit * 4] if _is_safe(c)).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def _is_safe(character: str) -> bool:
    """False for what could break a mail, a database or a line's direction."""
    code = ord(character)
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # noncharacters: no XML holds them
        return False
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}


def safe_link(url: object) -> str | None:
    """`url` if it is an absolute http(s) link that is safe to print in a mail, else None.

    Refused are other schemes, invisible characters, and what hides the host: user names, backslashes.
    """
    link = url.strip() if isinstance(url, str) else ""
    if not link or len(link) > 500 or not link.isprintable() or " " in link or "\\" in link:
        return None
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or port == 0:
        return None
    return link
