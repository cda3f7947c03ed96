from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('findings', '0005_open_findings_facets'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('moved_to', None)), fields=['-severity', '-first_seen', 'id'], include=('api', 'series', 'source_kind', 'status'), name='finding_any'),
        ),
    ]
