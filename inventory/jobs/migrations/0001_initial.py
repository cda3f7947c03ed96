import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True)),
                ('rule', models.CharField(max_length=60)),
                ('kind', models.CharField(max_length=80)),
                ('arguments', models.JSONField(default=dict)),
                ('principal', models.JSONField()),
                ('enabled', models.BooleanField(default=True)),
                ('seeded', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64)),
                ('size', models.BigIntegerField()),
                ('key_id', models.CharField(max_length=40)),
                ('where', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='blob_digest'), models.Index(condition=models.Q(('dropped_at__isnull', True)), fields=['expires_at'], name='blob_expiry')],
            },
        ),
        migrations.CreateModel(
            name='Secret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=120)),
                ('name', models.CharField(max_length=80)),
                ('key_id', models.CharField(max_length=40)),
                ('nonce', models.BinaryField()),
                ('sealed', models.BinaryField()),
                ('rotated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='secret_name')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=80)),
                ('title', models.CharField(max_length=300)),
                ('arguments', models.JSONField(default=dict)),
                ('key', models.CharField(max_length=200, null=True)),
                ('key_lasts', models.BooleanField(default=False)),
                ('principal', models.JSONField()),
                ('queue', models.CharField(choices=[('short', 'Short work'), ('bulk', 'Imports')], max_length=10)),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Stopped'), ('quarantined', 'Quarantined')], default='queued', max_length=12)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('crashes', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.BigIntegerField(default=0)),
                ('session', models.IntegerField(null=True)),
                ('not_before', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('sends', models.PositiveSmallIntegerField(default=0)),
                ('progress', models.JSONField(default=dict)),
                ('result', models.JSONField(null=True)),
                ('error', models.TextField(default='')),
                ('cancel_requested_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'running', 'failed', 'quarantined'))), fields=['state', 'created_at'], name='job_notable'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='job_finished_at'), models.Index(fields=['-created_at', '-id'], name='job_newest'), models.Index(fields=['user', '-created_at', '-id'], name='job_newest_of_user')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='job_key'), models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'failed', 'cancelled', 'quarantined'])), name='job_state'), models.CheckConstraint(condition=models.Q(('queue__in', ['short', 'bulk'])), name='job_queue'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ('done', 'failed', 'cancelled', 'quarantined'))), models.Q(('finished_at__isnull', True), ('state__in', ('queued', 'running'))), _connector='OR'), name='job_finished')],
            },
        ),
        migrations.CreateModel(
            name='Tick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='jobs.schedule')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('schedule', 'at'), name='tick_once')],
            },
        ),
    ]
