"""Every letter with each of its samples, composed: digests by their case, others by their name and case."""

from digest.compose import Letter
from digest.compose.samples import BRAND
from subscriptions.emails.letters import LETTERS
from tests.digest.compose.letters import BRANDED
from tests.digest.compose.letters import LETTERS as DIGESTS

OTHERS: dict[str, Letter] = {
    f"{letter.name}-{case}": letter.compose(content, BRANDED if letter.listed else BRAND)
    for letter in LETTERS
    if letter.name != "digest"
    for case, content in letter.samples.items()
}
COMPOSED = DIGESTS | OTHERS
