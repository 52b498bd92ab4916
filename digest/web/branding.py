"""Name, logo and colour of the publisher in mails and pages: from the admin, else from the environment."""

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError

from digest.compose import Brand, Logo
from digest.lib.contrast import DEFAULT
from digest.models import Branding

NAME, _NAME_LASTS = "branding-name", 30  # seconds
ONLY = 1  # the key of the one row
LOGO_WIDTH, LOGO_HEIGHT = 240, 40  # CSS pixels, at most


def current() -> Brand:
    """The brand as it is now."""
    chosen = Branding.objects.filter(pk=ONLY).first() or Branding()
    return Brand(
        name=chosen.name or settings.SITE_NAME,
        site_url=settings.SITE_URL,
        accent=chosen.accent or DEFAULT,
        address=chosen.address or settings.POSTAL_ADDRESS,
        imprint=chosen.imprint,
        logo=_logo(chosen),
        sender=chosen.name,
    )


def name() -> str:
    """The publisher's name alone, for the head of every page: as it was at most half a minute ago.

    That of the environment while the database does not answer: error pages have a head too.
    """
    try:
        return str(cache.get_or_set(NAME, lambda: current().name, _NAME_LASTS))
    except DatabaseError:
        return str(settings.SITE_NAME)


def _logo(chosen: Branding) -> Logo | None:
    """The logo at its own size, or as large as there is room."""
    if not chosen.logo:
        return None
    scale = min(LOGO_WIDTH / chosen.logo_width, LOGO_HEIGHT / chosen.logo_height, 1)
    width, height = (max(round(side * scale), 1) for side in (chosen.logo_width, chosen.logo_height))
    return Logo(bytes(chosen.logo), chosen.logo_type, width, height)
