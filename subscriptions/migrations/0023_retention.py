
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('digest', '0019_volume'),
        ('subscriptions', '0022_provider_messages'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=10)),
                ('state', models.CharField(max_length=10)),
                ('counted', models.PositiveBigIntegerField(help_text='When the day was over; none: not yet.', null=True)),
                ('gone', models.PositiveBigIntegerField(default=0, help_text='Of how many the row was deleted since.')),
            ],
            options={
                'verbose_name': 'day of deliveries',
                'verbose_name_plural': 'earlier deliveries',
                'ordering': ['-day', 'kind', 'state'],
            },
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('due_at'), condition=models.Q(('state__in', ['deferred', 'refused', 'unknown'])), name='delivery_wrong'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('due_at'), models.F('state'), condition=models.Q(('kind', 'digest'), _negated=True), name='delivery_letter'),
        ),
        migrations.AddConstraint(
            model_name='dailyfigure',
            constraint=models.UniqueConstraint(models.F('day'), models.F('kind'), models.F('state'), name='one_figure_per_day_kind_state'),
        ),
    ]
