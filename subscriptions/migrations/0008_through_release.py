from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("subscriptions", "0007_letters_are_open"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="until",
            field=models.PositiveBigIntegerField(db_column="until", help_text="The last release that its digests cover."),
        ),
        migrations.RenameField(model_name="run", old_name="until", new_name="through_release"),
    ]
