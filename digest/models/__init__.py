"""What is published, as stored. Contains no subscriber data."""

from digest.models.asked_site import AskedSite, KnownAnswer
from digest.models.branding import Branding
from digest.models.edition import Edition, EditionEntry, Release, newest_release, release_lock
from digest.models.heartbeat import Heartbeat
from digest.models.index_segment import IndexBlock, IndexSegment
from digest.models.paper import MergedPaper, Paper, PaperKey
from digest.models.raw_answer import AnswerBody, RawAnswer
from digest.models.revision import Revision
from digest.models.selection import Selection
from digest.models.source import Source, SourceDay
from digest.models.source_problem import SourceProblem
from digest.models.topic import Topic

__all__ = [
    "AnswerBody",
    "AskedSite",
    "Branding",
    "Edition",
    "EditionEntry",
    "Heartbeat",
    "IndexBlock",
    "IndexSegment",
    "KnownAnswer",
    "MergedPaper",
    "Paper",
    "PaperKey",
    "RawAnswer",
    "Release",
    "Revision",
    "Selection",
    "Source",
    "SourceDay",
    "SourceProblem",
    "Topic",
    "newest_release",
    "release_lock",
]
