"""From a selection to finished mail: subject, text, HTML and message bytes.

    content ──► view ──► templates ──► letter ──► prepared letter ──► message
    (papers,    (words,   (Jinja2,      (shared    (encoded once)      (one reader's
     marks)      cuts)     inlined)      by all)                        bytes)

Pure: papers, brand, moments, ids and links are arguments; the only files read are the templates.
"""

from digest.compose.content import (
    Brand,
    ConfirmContent,
    DigestContent,
    FreshLinkContent,
    Item,
    KnownContent,
    Mark,
    Section,
)
from digest.compose.headers import UnusableAddress
from digest.compose.letter import Letter, Personal, compose, compose_digest
from digest.compose.message import PreparedLetter, Sender, prepare

__all__ = [
    "Brand",
    "ConfirmContent",
    "DigestContent",
    "FreshLinkContent",
    "Item",
    "KnownContent",
    "Letter",
    "Mark",
    "Personal",
    "PreparedLetter",
    "Section",
    "Sender",
    "UnusableAddress",
    "compose",
    "compose_digest",
    "prepare",
]
