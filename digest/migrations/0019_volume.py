"""Segments of the search index are read block by block; they are made anew from the papers."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("digest", "0018_source_problems")]

    operations = [
        migrations.DeleteModel("IndexSegment"),
        migrations.CreateModel(
            name="IndexSegment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("stamp", models.DateTimeField(help_text="When the last of its papers was changed.")),
                ("made_by", models.CharField(help_text="The version of `digest.matching`.", max_length=40)),
                ("papers", models.BinaryField(help_text="Their primary keys, as 64-bit integers.")),
                ("stamps", models.BinaryField(help_text="When each was changed, in microseconds, as 64-bit integers.")),
                ("replaced_at", models.DateTimeField(help_text="When it was merged into another.", null=True)),
                ("head", models.BinaryField(help_text="What `digest.matching.index.storing.opened` reads.")),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.CreateModel(
            name="IndexBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="blocks", to="digest.indexsegment"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("segment", "number"), name="one_block_of_each_number")
                ],
            },
        ),
        migrations.AddIndex("paper", models.Index(fields=["day", "id"], name="papers_by_day")),
    ]
