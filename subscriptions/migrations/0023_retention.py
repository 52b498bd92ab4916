
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
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
                ('mails', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'day of earlier deliveries',
                'verbose_name_plural': 'earlier deliveries',
                'ordering': ['-day', 'kind', 'state'],
                'constraints': [models.UniqueConstraint(models.F('day'), models.F('kind'), models.F('state'), name='one_figure_per_day_kind_state')],
            },
        ),
    ]
