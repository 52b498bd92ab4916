"""Papers: each exists once, whatever day or source lists it."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from django.db import models
from django.db.models import Value
from django.urls import get_script_prefix, reverse

from digest.lib.records import PaperRecord
from digest.matching.topics.stored_matches import TopicMatches, unpacked

# Papers that an edition listed; the others were looked up for somebody (`digest/ingestion/looked_up.py`), and
# that somebody wanted to read them is nobody else's business.
LISTED = ~models.Q(source_name="")


class PaperQuerySet(models.QuerySet["Paper"]):
    def by_number(self, numbers: Collection[int]) -> dict[int, "Paper"]:
        """The papers of these primary keys, by them: of one that was merged, the paper that it became."""
        found = self.in_bulk(numbers)
        gone = [number for number in numbers if number not in found]
        became = MergedPaper.became(gone) if gone else {}
        stay = self.in_bulk(set(became.values()))
        return found | {number: stay[paper] for number, paper in became.items() if paper in stay}


class Paper(models.Model):
    """A paper under its identity, with what the sources tell of it (`digest/ingestion/facts.py`).

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
    likely_key = models.CharField(
        max_length=24,
        blank=True,
        default="",
        db_default="",  # processes of the version before still store papers
        db_index=True,
        help_text="Equal for papers whose titles suggest that they are one; empty for short titles.",
    )
    told = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        editable=False,
        help_text="Which source told what, and when.",
    )
    source_name = models.SlugField(help_text="Of the source that first listed it.")
    listed_by = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        help_text="The names of all sources that listed it, in that order.",
    )
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

    objects = PaperQuerySet.as_manager()

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
        """The names of all sources that listed it; a version before stored only the first."""
        return tuple(self.listed_by) or ((self.source_name,) if self.source_name else ())

    @property
    def topic_matches(self) -> TopicMatches | None:
        """The topics it belongs to, if they were stored by the present model and for these words."""
        return unpacked(self.weighed, self)

    def record(self, titles: Mapping[str, str] = MappingProxyType({})) -> PaperRecord:
        """The plain value of this paper; `titles` are what people call its sources, by name."""
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
            source_titles=tuple(titles[name] for name in self.source_names if name in titles),
        )


@lru_cache(maxsize=4096)  # every letter that shows a paper links to it
def _path(_prefix: str, key: str) -> str:
    return reverse("paper", args=[key])


class PaperKey(models.Model):
    """A further key under which a paper is known, beside `Paper.key`: pages and sources find it by each."""

    key = models.CharField(max_length=200, primary_key=True)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="keys")

    def __str__(self) -> str:
        return self.key


class MergedPaper(models.Model):
    """The number of a paper that was found to be another one: stored selections and sent links have it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="merged")

    def __str__(self) -> str:
        return f"{self.number} is {self.paper_id}"

    @classmethod
    def became(cls, numbers: Iterable[int]) -> dict[int, int]:
        """For those of these numbers that papers do not have any more, the number that they have now."""
        rows = cls.objects.filter(number__in=list(numbers))
        return dict(rows.values_list("number", "paper_id"))

    @classmethod
    def with_former(cls, papers: Iterable[int]) -> dict[int, int]:
        """These papers by all numbers that they have or had."""
        papers = set(papers)
        rows = cls.objects.filter(paper__in=papers).values_list("number", "paper_id")
        return {paper: paper for paper in papers} | dict(rows)
