"""Bot challenges: pages that stand in front of the page that was asked for."""

import re

from digest.sources.errors import BotChallenge

# Titles of Cloudflare's and AWS WAF's challenge and captcha pages, and the script variables in them.
# (A good page loads challenge.js too; only these are set nowhere else.)
_CHALLENGE = re.compile(
    r"<title>\s*(?:just a moment|attention required|human verification|checking your browser)"
    r"|_cf_chl_opt|window\.gokuProps|window\.awsWafCookieDomainList",
    re.IGNORECASE,
)


def raise_if_challenge(html: str) -> None:
    """Raise BotChallenge if `html`, which is not the page asked for, is a bot challenge."""
    if _CHALLENGE.search(html):
        raise BotChallenge("Expected papers, found a bot challenge page: the source refuses us for now.")
