"""Marks inside a composed letter: where a reader's links go, and where shared stretches begin and end.

They are control characters, which `printable` takes from every text that comes from outside: no title
can forge a link or a seam.
"""

import re
from dataclasses import dataclass

from digest.lib.safe_text import Ready

STAND_IN = re.compile("\x02([a-z]+)\x03")
SEAM = "\x1e"  # around a stretch that other letters hold too: it is printed and encoded once


@dataclass(frozen=True, slots=True)
class Links:
    """What templates print for a reader's links; `vote` is what links to judge a paper begin with."""

    unsubscribe: Ready
    preferences: Ready
    web: Ready
    vote: Ready
    logo: Ready


LINKS = Links(  # stand-ins, until the reader is known
    unsubscribe=Ready("\x02unsubscribe\x03"),
    preferences=Ready("\x02preferences\x03"),
    web=Ready("\x02web\x03"),
    vote=Ready("\x02vote\x03"),
    logo=Ready("\x02logo\x03"),
)
