"""Filter sets: what a reader asked for, shared by all who asked for the same."""

import hashlib
import json
from collections.abc import Collection, Sequence

from django.db import models, transaction

from digest.matching import parse_query
from digest.models import Topic

Wanted = tuple[Sequence[Topic], Sequence[str]]


class FilterSetManager(models.Manager["FilterSet"]):
    def obtain(self, topics: Sequence[Topic], queries: Sequence[str] = ()) -> "FilterSet":
        """The set of these topics and own queries; made on first use. Order and spelling do not matter.

        Raises `QuerySyntaxError` for a query that cannot be read.
        """
        wanted = (tuple(topics), tuple(queries))
        return self.obtain_many([wanted])[wanted]

    def obtain_many(self, wanted: Collection[Wanted]) -> dict[Wanted, "FilterSet"]:
        """`obtain` for each of `wanted`, in a handful of statements."""
        keys: dict[Wanted, str] = {}
        topics: dict[str, Sequence[Topic]] = {}
        rows: dict[str, FilterSet] = {}
        for want in wanted:
            texts = sorted({str(parse_query(text)) for text in want[1]})
            content = json.dumps([sorted(topic.slug for topic in want[0]), texts], ensure_ascii=False)
            key = keys[want] = hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
            topics[key], rows[key] = want[0], FilterSet(key=key, queries=texts)
        with transaction.atomic():
            known = set(self.filter(key__in=rows).values_list("key", flat=True))
            self.bulk_create((row for key, row in rows.items() if key not in known), ignore_conflicts=True)
            sets = {filter_set.key: filter_set for filter_set in self.filter(key__in=rows)}
            through = FilterSet.topics.through
            through.objects.bulk_create(
                (
                    through(filterset_id=sets[key].pk, topic_id=topic.pk)
                    for key in rows.keys() - known
                    for topic in topics[key]
                ),
                ignore_conflicts=True,
            )
        return {want: sets[key] for want, key in keys.items()}


class FilterSet(models.Model):
    """A distinct set of topics and own queries. Content-addressed and never changed: choosing other
    filters points the reader at another set, so readers who want the same share one selection."""

    key = models.CharField(max_length=32, unique=True)
    topics = models.ManyToManyField(Topic, related_name="filter_sets")
    queries = models.JSONField(default=list, help_text="Own queries, in canonical form.")

    objects = FilterSetManager()

    def __str__(self) -> str:
        return ", ".join([*(topic.name for topic in self.topics.all()), *self.queries]) or "nothing"
