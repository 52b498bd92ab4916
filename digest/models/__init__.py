"""What is published, as stored. Nothing here knows a person."""

from digest.models.branding import Branding
from digest.models.edition import Edition, EditionEntry, Release, newest_release, release_lock
from digest.models.heartbeat import Heartbeat
from digest.models.paper import Paper
from digest.models.revision import Revision
from digest.models.selection import Selection
from digest.models.shelf import Shelf
from digest.models.source import Source
from digest.models.topic import Topic

__all__ = [
    "Branding",
    "Edition",
    "EditionEntry",
    "Heartbeat",
    "Paper",
    "Release",
    "Revision",
    "Selection",
    "Shelf",
    "Source",
    "Topic",
    "newest_release",
    "release_lock",
]
