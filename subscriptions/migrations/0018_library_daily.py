from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0017_monthly_rhythm'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscriber',
            name='library_daily',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text="So many papers a day like those on the list; 0: it decides on the order only."),
        ),
    ]
