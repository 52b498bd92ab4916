import digest.sources.registry
from django.db import migrations, models

RENAMED = ("none", "records")


def rename(apps, _schema_editor, before=RENAMED[0], after=RENAMED[1]):
    apps.get_model("digest", "Source").objects.filter(adapter=before).update(adapter=after)


def rename_back(apps, schema_editor):
    rename(apps, schema_editor, *reversed(RENAMED))


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0007_index_segments'),
    ]

    operations = [
        migrations.AlterField(
            model_name='source',
            name='adapter',
            field=models.CharField(choices=digest.sources.registry.choices, default='huggingface', help_text='How it is fetched and read. JSON Lines are not fetched, but ingested by hand.', max_length=20),
        ),
        migrations.RunPython(rename, rename_back, elidable=False),
    ]
