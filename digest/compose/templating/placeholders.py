"""Placeholders in a composed letter: where a reader's links go.

They are control characters, which `printable` removes from every text that comes from outside: no title
can forge a link.
"""

import re
from dataclasses import dataclass

from digest.lib.safe_text import Ready

PLACEHOLDER = re.compile("\x02([a-z]+)\x03")


@dataclass(frozen=True, slots=True)
class Links:
    """What templates print for a reader's links; `vote` is what links to judge a paper begin with."""

    unsubscribe: Ready
    preferences: Ready
    web: Ready
    vote: Ready
    logo: Ready


LOGO = "cid:logo"  # where a mail shows the logo from: a part of it (RFC 2392)
LINKS = Links(  # placeholders, until the reader is known
    unsubscribe=Ready("\x02unsubscribe\x03"),
    preferences=Ready("\x02preferences\x03"),
    web=Ready("\x02web\x03"),
    vote=Ready("\x02vote\x03"),
    logo=Ready("\x02logo\x03"),
)
