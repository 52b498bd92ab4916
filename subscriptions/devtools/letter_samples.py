"""Every letter with invented content, by name and case, for /previews/ and the tests."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from digest.compose import Letter, compose_digest, compose_page
from digest.compose.samples import BRAND, DIGESTS, LOGO
from subscriptions.emails.letters import LETTERS

SAMPLES: Mapping[tuple[str, str], Callable[[], Letter]] = {
    **{
        (letter.name, case): partial(letter.compose, content, BRAND)
        for letter in LETTERS
        for case, content in letter.samples.items()
    },
    ("digest", "logo"): partial(compose_digest, DIGESTS["one"], replace(BRAND, logo=LOGO)),
    ("page", "many"): partial(compose_page, DIGESTS["many"], BRAND),
    ("page", "hostile"): partial(compose_page, DIGESTS["hostile"], BRAND),
}
