"""Sources are fetched by one process at a time, politely, and catch up the days that they missed."""

from datetime import timedelta
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

_STILL_ASKED = timedelta(days=2)  # the version before asked for the last three days at each check


def _note_enabled(apps: Any, _editor: Any) -> None:
    """Of a source that is enabled, days count as missed from those on that were asked for last."""
    for source in apps.get_model("digest", "Source").objects.filter(enabled=True, enabled_at=None):
        source.enabled_at = (source.succeeded_at or timezone.now()) - _STILL_ASKED
        source.save(update_fields=["enabled_at"])


class Migration(migrations.Migration):
    dependencies = [("digest", "0014_store")]
    operations = [
        migrations.CreateModel(
            name="AskedSite",
            fields=[
                (
                    "site",
                    models.CharField(
                        help_text="As “arxiv.org”.", max_length=253, primary_key=True, serialize=False
                    ),
                ),
                ("free_at", models.DateTimeField()),
                (
                    "interval",
                    models.FloatField(help_text="Seconds between two requests: the most that a source asked for."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="KnownAnswer",
            fields=[
                ("address", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("etag", models.TextField(blank=True)),
                ("last_modified", models.CharField(blank=True, max_length=100)),
                ("used_at", models.DateTimeField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="known_answers",
                        to="digest.answerbody",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            "source",
            "fetching_until",
            models.DateTimeField(
                editable=False, help_text="Until then whoever fetches it has not been given up.", null=True
            ),
        ),
        migrations.AddField(
            "sourceday", "tried_at", models.DateTimeField(help_text="The last attempt.", null=True)
        ),
        migrations.AddField(
            "sourceday",
            "failures",
            models.PositiveIntegerField(db_default=0, default=0, help_text="Attempts since the last answer."),
        ),
        migrations.RunPython(_note_enabled, migrations.RunPython.noop, elidable=True),
    ]
