"""From a selection to finished mail: subject, text, HTML and message bytes.

    content ──► view ──► templates ──► letter ──► prepared letter ──► message
    (papers,    (texts,   (Jinja2,      (shared    (encoded once)      (one reader's
     marks)      sizes)    inlined)      by all)                        bytes)

Pure: papers, brand, moments, ids and links are arguments; the only files read are the templates.
"""

from digest.compose.assembling import assemble_digest
from digest.compose.content import (
    Brand,
    DigestContent,
    Fact,
    Item,
    Logo,
    Mark,
    NearMiss,
    Note,
    Section,
    Suggestion,
    WelcomeContent,
)
from digest.compose.letter import (
    Context,
    Letter,
    Personal,
    compose,
    compose_digest,
    compose_page,
    compose_welcome,
)
from digest.compose.mime.header_encoding import UnusableAddress
from digest.compose.mime.message import PreparedLetter, Sender, prepare

__all__ = [
    "Brand",
    "Context",
    "DigestContent",
    "Fact",
    "Item",
    "Letter",
    "Logo",
    "Mark",
    "NearMiss",
    "Note",
    "Personal",
    "PreparedLetter",
    "Section",
    "Sender",
    "Suggestion",
    "UnusableAddress",
    "WelcomeContent",
    "assemble_digest",
    "compose",
    "compose_digest",
    "compose_page",
    "compose_welcome",
    "prepare",
]
