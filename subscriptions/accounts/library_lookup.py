"""Looks up the papers of readers' libraries that are not known here: batch by batch, at arXiv's pace.

The pace is kept in Redis, by all workers together; where it cannot be reached, the schedule alone keeps it.
"""

import logging

from digest.ingestion import looked_up
from digest.sources import SourceChanged, SourceRefused, SourceUnavailable
from digest.sources.arxiv import lookup as arxiv_lookup
from subscriptions.accounts import library
from subscriptions.lib import asking_pace

logger = logging.getLogger(__name__)

_BETWEEN = 20  # seconds from the beginning of a request: arXiv may take some to answer, and asks for 3
_AFTER_FAILURE = 300


def look_up_next() -> None:
    """Look up one batch, if something waits and arXiv may be asked now.

    When it does not answer, or with anything but papers, all stay waiting, and it is left alone for a while.
    Of a batch that it refuses as a whole the first paper is asked for alone, for one id that it cannot read
    spoils all.
    """
    library.link_known()
    keys = library.wanted(arxiv_lookup.MOST_IDS)
    if not keys or not asking_pace.claim(arxiv_lookup.SITE, _BETWEEN):
        return
    try:
        library.settle(keys, looked_up.look_up(keys))
    except SourceRefused as error:
        logger.warning("papers of libraries were refused: %s", error)
        asking_pace.hold(arxiv_lookup.SITE, _AFTER_FAILURE)
        _look_up_alone(keys[0])
    except (SourceUnavailable, SourceChanged) as error:
        logger.warning("papers of libraries wait: %s", error)
        asking_pace.hold(arxiv_lookup.SITE, _AFTER_FAILURE)


def _look_up_alone(key: str) -> None:
    try:
        library.settle([key], looked_up.look_up([key]))
    except SourceRefused:
        library.settle([key], {})
    except (SourceUnavailable, SourceChanged) as error:
        logger.warning("papers of libraries wait: %s", error)
