"""Raw answers move from editions to a table of their own, where all of them are kept."""

import hashlib
import zlib
from typing import Any

from django.db import migrations, models

_BATCH = 50
_NOTHING = zlib.compress(b"")  # the version before reads it as an answer that holds no paper


def _move(apps: Any, _editor: Any) -> None:
    editions = apps.get_model("digest", "Edition").objects
    bodies, answers = (apps.get_model("digest", name).objects for name in ("AnswerBody", "RawAnswer"))
    numbers = list(editions.order_by("day").values_list("pk", flat=True))
    for start in range(0, len(numbers), _BATCH):
        for edition in editions.filter(pk__in=numbers[start : start + _BATCH]):
            try:
                raw = zlib.decompress(edition.raw)
            except zlib.error:
                continue
            body, _ = bodies.get_or_create(
                sha256=hashlib.sha256(raw).hexdigest(),
                defaults={"compressed": edition.raw, "size": len(raw)},
            )
            answers.create(
                source_id=edition.source_id,
                day=edition.day,
                body=body,
                format=edition.format,
                fetched_at=edition.fetched_at,
                seen_at=edition.fetched_at,
            )
        editions.filter(pk__in=numbers[start : start + _BATCH]).update(raw=_NOTHING)


class Migration(migrations.Migration):
    """The column stays in the database, for processes of the version before that still write it."""

    dependencies = [("digest", "0013_sources_with_settings")]
    operations = [
        migrations.AlterField("edition", "raw", models.BinaryField(null=True)),
        migrations.RunPython(_move, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("edition", "raw")]),
        migrations.AlterField(
            "edition", "format", models.CharField(max_length=30, help_text="Of the last answer.")
        ),
    ]
