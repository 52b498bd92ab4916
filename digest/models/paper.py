"""Papers: each exists once, whatever day or source lists it."""

from functools import lru_cache

from django.db import models
from django.urls import get_script_prefix, reverse

from digest.lib.records import PaperRecord
from digest.matching.percolator.topic_assignment import TopicMatches, unpacked

# Papers that an edition listed; the others were looked up for somebody (`digest/ingestion/looked_up.py`), and
# that somebody wanted to read them is nobody else's business.
LISTED = ~models.Q(source_name="")


class Paper(models.Model):
    """A paper under its identity, with the facts of its latest listing.

    `release` is the first that it belongs to: the paper is new to readers whose digests
    cover an earlier release, and to nobody else. None: it was only ever stored without one.
    """

    key = models.CharField(max_length=200, unique=True)
    title_key = models.CharField(max_length=40, db_index=True)
    title = models.CharField(max_length=500)
    abstract = models.TextField(blank=True)
    summary = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="The source's own, of one line."
    )
    authors = models.PositiveIntegerField(null=True)
    author_names = models.JSONField(default=list)
    organization = models.CharField(max_length=200, blank=True)
    source_name = models.SlugField(help_text="Of the source that first listed it.")
    day = models.DateField(help_text="Of the edition that first listed it.")
    published = models.DateField(null=True)
    comments = models.PositiveIntegerField(null=True)
    upvotes = models.PositiveIntegerField(null=True)
    url = models.URLField(max_length=2000)
    code_url = models.URLField(max_length=500, blank=True)
    project_url = models.URLField(max_length=500, blank=True)
    weighed = models.JSONField(
        null=True, editable=False, help_text="The topics it belongs to, of the model that weighed it last."
    )
    release = models.ForeignKey("digest.Release", models.PROTECT, null=True, related_name="papers")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["day", "id"], name="papers_by_day")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The path of its page in the archive."""
        return _path(get_script_prefix(), self.key)

    @property
    def source_names(self) -> tuple[str, ...]:
        return (self.source_name,)

    @property
    def topic_matches(self) -> TopicMatches | None:
        """The topics it belongs to, if they were stored by the present model and for these words."""
        return unpacked(self.weighed, self)

    def record(self) -> PaperRecord:
        """The plain value of this paper."""
        return PaperRecord(
            key=self.key,
            title=self.title,
            abstract=self.abstract,
            authors=self.authors,
            organization=self.organization or None,
            published=self.published,
            comments=self.comments,
            upvotes=self.upvotes,
            url=self.url,
            day=self.day,
            author_names=tuple(self.author_names),
            code_url=self.code_url or None,
            project_url=self.project_url or None,
            source_names=self.source_names,
            summary=self.summary or None,
        )


@lru_cache(maxsize=4096)  # every letter that shows a paper links to it
def _path(_prefix: str, key: str) -> str:
    return reverse("paper", args=[key])
