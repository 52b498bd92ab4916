"""Shelf is called IndexSegment; its table keeps its name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("digest", "0006_heartbeat")]

    operations = [
        migrations.AlterModelTable("shelf", "digest_shelf"),
        migrations.RenameModel("Shelf", "IndexSegment"),
        migrations.AlterModelOptions("indexsegment", {"ordering": ["number"]}),
    ]
