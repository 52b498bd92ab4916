"""Filter sets: what a reader asked for, shared by all who asked for the same."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.db import connection, models, transaction

from digest.matching import parse_query
from digest.models import Topic
from digest.selection.requests import ALL


class Wanted(NamedTuple):
    """What a filter set is made of: topics and own queries, and what narrows each of them.

    `trending` is how many of the most upvoted papers come too, but for what the `muted` queries keep.
    """

    topics: tuple[Topic, ...] = ()
    queries: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    least_upvotes: int = 0
    trending: int = 0
    muted: tuple[str, ...] = ()


class FilterSetManager(models.Manager["FilterSet"]):
    def obtain(
        self,
        topics: Sequence[Topic],
        queries: Sequence[str] = (),
        exclude: Sequence[str] = (),
        least_upvotes: int = 0,
    ) -> "FilterSet":
        """The set of these topics and own queries; made on first use. Each query counts once, as first typed.

        Nobody deletes it before the transaction ends: within that, point a reader at it.
        Raises `QuerySyntaxError` for a query that cannot be read.
        """
        wanted = Wanted(tuple(topics), tuple(queries), tuple(exclude), least_upvotes)
        return self.obtain_many([wanted])[wanted]

    def obtain_many(self, wanted: Collection[Wanted]) -> dict[Wanted, "FilterSet"]:
        """`obtain` for each of `wanted`, in a handful of statements."""
        keys: dict[Wanted, str] = {}
        topics: dict[str, Sequence[Topic]] = {}
        rows: dict[str, FilterSet] = {}
        for want in wanted:
            queries, exclude = by_canonical(want.queries), by_canonical(want.exclude)
            typed, left_out = list(queries.values()), list(exclude.values())
            content = [sorted(topic.slug for topic in want.topics), typed, left_out, want.least_upvotes]
            content += [want.trending] if want.trending else []  # sets of before keep their keys
            content += [sorted(want.muted)] if want.muted else []
            told = json.dumps(content, ensure_ascii=False).encode()
            key = keys[want] = hashlib.blake2b(told, digest_size=16).hexdigest()
            topics[key] = want.topics
            rows[key] = FilterSet(
                key=key,
                queries=list(queries),
                exclude=sorted(exclude),
                typed_queries=typed,
                typed_exclude=left_out,
                least_upvotes=want.least_upvotes,
                trending=want.trending,
                muted=sorted(want.muted) or None,
            )
        with transaction.atomic():
            while len(sets := self._kept(rows)) < len(rows):  # one found may be deleted the next moment
                new = rows.keys() - sets.keys()
                self.bulk_create((rows[key] for key in rows if key in new), ignore_conflicts=True)
                made = {each.key: each.pk for each in self.filter(key__in=new)}
                through = FilterSet.topics.through
                through.objects.bulk_create(
                    (
                        through(filterset_id=pk, topic_id=topic.pk)
                        for key, pk in made.items()
                        for topic in topics[key]
                    ),
                    ignore_conflicts=True,
                )
        return {want: sets[key] for want, key in keys.items()}

    def _kept(self, keys: Collection[str]) -> dict[str, "FilterSet"]:
        """The stored sets with these keys, by their keys; they stay until the transaction ends."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM subscriptions_filterset WHERE key = ANY(%s) ORDER BY id FOR KEY SHARE",
                    [list(keys)],
                )
        return {filter_set.key: filter_set for filter_set in self.filter(key__in=keys)}


def by_canonical(texts: Iterable[str]) -> dict[str, str]:
    """The queries as typed, in their order, by their canonical form: of those that say the same, the first.

    Raises `QuerySyntaxError` for one that cannot be read.
    """
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(str(parse_query(text)), text)
    return found


class FilterSet(models.Model):
    """A distinct set of topics and own queries, narrowed by what is left out and by upvotes.

    Content-addressed and never changed: choosing other filters points the reader at another set, so
    readers who want the same share one selection. Matching goes by the canonical forms; readers see what
    they typed, which is part of the content.
    """

    key = models.CharField(max_length=32, unique=True)
    topics = models.ManyToManyField(Topic, related_name="filter_sets")
    queries = models.JSONField(default=list, help_text="Own queries, in canonical form.")
    exclude = models.JSONField(default=list, help_text="Queries; what they keep is left out of all others.")
    typed_queries = models.JSONField(null=True, help_text="`queries` as typed; none if they were as here.")
    typed_exclude = models.JSONField(null=True, help_text="`exclude` as typed, in the reader's order.")
    least_upvotes = models.PositiveIntegerField(default=0, help_text="Papers with fewer are left out.")
    trending = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,  # the build before makes sets without it
        help_text=f"So many of the most upvoted papers too, whatever their topic; {ALL}: all of them.",
    )

    muted = models.JSONField(
        null=True, help_text="Queries of muted topics: what they keep is no trending paper either."
    )

    objects = FilterSetManager()

    @property
    def own_queries(self) -> tuple[str, ...]:
        """The own queries as the reader typed them, in their order."""
        return tuple(self.typed_queries or self.queries)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is left out, as the reader typed it."""
        return tuple(self.typed_exclude or self.exclude)

    @property
    def names(self) -> list[str]:
        """What is chosen and what narrows it, each as operators see it."""
        most = [f"trending ({'all' if self.trending == ALL else self.trending})"] if self.trending else []
        narrowed = [f"upvotes>={self.least_upvotes}"] if self.least_upvotes else []
        narrowed += [f"NOT ({text})" for text in self.left_out]
        return [*(topic.name for topic in self.topics.all()), *self.own_queries, *most, *narrowed]

    def __str__(self) -> str:
        return ", ".join(self.names) or "nothing"
