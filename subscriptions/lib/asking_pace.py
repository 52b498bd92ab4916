"""How often a site may be asked, kept in Redis by all workers together.

It fails open: while Redis cannot be reached, the schedule of the task alone keeps the pace.
"""

import logging

from django.conf import settings

from digest.web.limits.throttling import NO_ANSWER, redis_client

logger = logging.getLogger(__name__)


def claim(site: str, seconds: int) -> bool:
    """Whether nobody asks `site` at the moment; if so, nobody else may for so many seconds."""
    try:
        return bool(redis_client(settings.REDIS_URL).set(_key(site), "asked", nx=True, ex=seconds))
    except NO_ANSWER as error:
        logger.warning("the pace of asking %s cannot be kept: %s", site, error)
        return True


def hold(site: str, seconds: int) -> None:
    """Nobody may ask `site` for so many seconds."""
    try:
        redis_client(settings.REDIS_URL).set(_key(site), "held", ex=seconds)
    except NO_ANSWER as error:
        logger.warning("the pace of asking %s cannot be kept: %s", site, error)


def _key(site: str) -> str:
    return f"digest:asked:{site}"
