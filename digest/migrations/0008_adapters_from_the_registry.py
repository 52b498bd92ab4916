from django.db import migrations, models


class Migration(migrations.Migration):
    """Only what Django knows of the column changes: nothing is sent to the database."""

    dependencies = [
        ('digest', '0007_index_segments'),
    ]

    operations = [
        migrations.AlterField(
            model_name='source',
            name='adapter',
            field=models.CharField(default='huggingface', help_text='How it is fetched and read. A source that is fed by hand cannot be fetched.', max_length=20),
        ),
    ]
