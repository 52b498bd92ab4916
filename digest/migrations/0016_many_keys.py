"""Papers get further keys, what their titles suggest, and all the sources that list them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from digest.lib.likely_twins import likely_key

_BATCH = 500


def _fill(apps: Any, _editor: Any) -> None:
    papers = apps.get_model("digest", "Paper").objects
    numbers = list(papers.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(numbers), _BATCH):
        batch = list(papers.filter(pk__in=numbers[start : start + _BATCH]).only("title"))
        for paper in batch:
            paper.likely_key = likely_key(paper.title)
        papers.bulk_update(batch, ["likely_key"])
    _list_sources(apps)


def _list_sources(apps: Any) -> None:
    """Note the sources of papers that several list; of the others the first is known."""
    entries = apps.get_model("digest", "EditionEntry").objects.order_by()
    by_sources = entries.values("paper").annotate(sources=models.Count("edition__source", distinct=True))
    several = by_sources.filter(sources__gt=1).values("paper")
    listed: dict[int, dict[str, None]] = {}
    rows = entries.filter(paper__in=several).order_by("edition__day", "pk")
    for paper, first, name in rows.values_list("paper", "paper__source_name", "edition__source__name"):
        listed.setdefault(paper, dict.fromkeys([first] if first else []))[name] = None
    for paper, names in listed.items():
        apps.get_model("digest", "Paper").objects.filter(pk=paper).update(listed_by=list(names))


class Migration(migrations.Migration):
    dependencies = [("digest", "0015_fetching")]
    operations = [
        migrations.AddField(
            "paper",
            "likely_key",
            models.CharField(
                blank=True,
                db_default="",
                db_index=True,
                default="",
                help_text="Equal for papers whose titles suggest that they are one; empty for short titles.",
                max_length=24,
            ),
        ),
        migrations.AddField(
            "paper",
            "listed_by",
            models.JSONField(
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="The names of all sources that listed it, in that order.",
            ),
        ),
        migrations.AddField(
            "paper",
            "told",
            models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                editable=False,
                help_text="Which source told what, and when.",
            ),
        ),
        migrations.CreateModel(
            "MergedPaper",
            [
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                (
                    "paper",
                    models.ForeignKey("digest.Paper", django.db.models.deletion.CASCADE, related_name="merged"),
                ),
            ],
        ),
        migrations.CreateModel(
            "PaperKey",
            [
                ("key", models.CharField(max_length=200, primary_key=True, serialize=False)),
                (
                    "paper",
                    models.ForeignKey("digest.Paper", django.db.models.deletion.CASCADE, related_name="keys"),
                ),
            ],
        ),
        migrations.RunPython(_fill, migrations.RunPython.noop, elidable=True),
    ]
