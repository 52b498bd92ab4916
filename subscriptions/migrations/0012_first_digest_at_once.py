"""Readers say whether their first digest comes on confirming; who signed up before, gets it then too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0011_refusals")]

    operations = [
        migrations.AddField(
            "subscriber",
            "first_at_once",
            models.BooleanField(
                default=True, editable=False, help_text="The first digest comes on confirming."
            ),
        ),
    ]
