"""Alerts in monthly partitions, which Django cannot declare: their SQL stands here, the model in the state only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


TABLE = """
CREATE SEQUENCE incidents_alert_id_seq AS bigint;
CREATE TABLE incidents_alert (
    id bigint NOT NULL DEFAULT nextval('incidents_alert_id_seq'),
    happened_at timestamptz NOT NULL,
    scope varchar(40) NOT NULL,
    uid varchar(64) NOT NULL,
    api_id bigint,
    episode_id bigint NOT NULL,
    report_id bigint,
    category varchar(6) NOT NULL,
    severity smallint NOT NULL,
    outcome varchar(10) NOT NULL,
    events integer NOT NULL,
    sample jsonb NOT NULL,
    title varchar(300) NOT NULL,
    PRIMARY KEY (id, happened_at),
    CONSTRAINT alert_once UNIQUE (scope, uid, happened_at)
) PARTITION BY RANGE (happened_at);
ALTER SEQUENCE incidents_alert_id_seq OWNED BY incidents_alert.id;
CREATE INDEX alert_episode ON incidents_alert (episode_id);
CREATE INDEX alert_api ON incidents_alert (api_id, happened_at) WHERE api_id IS NOT NULL;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0002_trail'),
        ('findings', '0001_initial'),
        ('inventory', '0002_connections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Episode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=16, unique=True)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('source_kind', models.CharField(max_length=100)),
                ('actor', models.CharField(blank=True, max_length=200)),
                ('rule', models.CharField(max_length=300)),
                ('title', models.CharField(max_length=300)),
                ('category', models.CharField(blank=True, max_length=6)),
                ('severity', models.SmallIntegerField(choices=[(0, 'Info'), (1, 'Low'), (2, 'Medium'), (3, 'High'), (4, 'Critical')])),
                ('outcome', models.CharField(max_length=10)),
                ('method', models.CharField(blank=True, max_length=20)),
                ('host', models.CharField(blank=True, max_length=260)),
                ('port', models.IntegerField(blank=True, null=True)),
                ('path', models.CharField(blank=True, max_length=2000)),
                ('window_start', models.DateTimeField()),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('alerts', models.IntegerField(default=0)),
                ('events', models.BigIntegerField(default=0)),
                ('outcomes', models.JSONField(default=dict)),
                ('samples', models.JSONField(default=list)),
                ('recorded_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('new', 'New'), ('acknowledged', 'Acknowledged'), ('snoozed', 'Snoozed'), ('closed', 'Closed')], default='new', max_length=12)),
                ('state_until', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, choices=[('true_positive', 'True positive'), ('false_alarm', 'False alarm'), ('benign', 'Benign'), ('duplicate', 'Duplicate')], max_length=14)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('api', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='episodes', to='inventory.api')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endpoint', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='episodes', to='inventory.endpoint')),
                ('moved_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.episode')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
                ('uploader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, 'DROP TABLE incidents_alert')],
            state_operations=[
                migrations.CreateModel(
                    name='Alert',
                    fields=[
                        ('pk', models.CompositePrimaryKey('id', 'happened_at', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('id', models.BigIntegerField(db_default=models.Func(models.Value('incidents_alert_id_seq'), function='nextval'), editable=False)),
                        ('happened_at', models.DateTimeField()),
                        ('scope', models.CharField(max_length=40)),
                        ('uid', models.CharField(max_length=64)),
                        ('category', models.CharField(blank=True, max_length=6)),
                        ('severity', models.SmallIntegerField(choices=[(0, 'Info'), (1, 'Low'), (2, 'Medium'), (3, 'High'), (4, 'Critical')])),
                        ('outcome', models.CharField(max_length=10)),
                        ('events', models.IntegerField()),
                        ('sample', models.JSONField()),
                        ('title', models.CharField(max_length=300)),
                        ('api', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.api')),
                        ('report', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='findings.report')),
                        ('episode', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='incidents.episode')),
                    ],
                ),
                migrations.AddIndex(
                    model_name='alert',
                    index=models.Index(fields=['episode'], name='alert_episode'),
                ),
                migrations.AddIndex(
                    model_name='alert',
                    index=models.Index(models.F('api'), models.F('happened_at'), condition=models.Q(('api__isnull', False)), name='alert_api'),
                ),
                migrations.AddConstraint(
                    model_name='alert',
                    constraint=models.UniqueConstraint(fields=('scope', 'uid', 'happened_at'), name='alert_once'),
                ),
            ],
        ),
        migrations.RunSQL("SELECT make_partitions('incidents_alert', 3, 3)", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='SeenDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField(db_index=True)),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.connection')),
            ],
            options={
                'verbose_name_plural': 'seen deliveries',
            },
        ),
        migrations.CreateModel(
            name='ThreatState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=6)),
                ('passed', models.FloatField(default=0)),
                ('blocked', models.FloatField(default=0)),
                ('as_of', models.DateTimeField()),
                ('api', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='threats', to='inventory.api')),
            ],
        ),
        migrations.CreateModel(
            name='TriageStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('acknowledged', 'Acknowledged'), ('snoozed', 'Snoozed'), ('closed', 'Closed'), ('reopened', 'Reopened'), ('assigned', 'Assigned'), ('noted', 'Noted'), ('undone', 'Undone')], max_length=14)),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, choices=[('true_positive', 'True positive'), ('false_alarm', 'False alarm'), ('benign', 'Benign'), ('duplicate', 'Duplicate')], max_length=14)),
                ('note', models.TextField(blank=True)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('episode', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='incidents.episode')),
                ('undoes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='incidents.triagestep')),
            ],
        ),
        migrations.AddIndex(
            model_name='episode',
            index=models.Index(fields=['-last_at', 'id'], name='episode_newest'),
        ),
        migrations.AddIndex(
            model_name='episode',
            index=models.Index(models.F('state_until'), condition=models.Q(('state_until__isnull', False)), name='episode_until'),
        ),
        migrations.AddIndex(
            model_name='episode',
            index=models.Index(models.F('last_at'), condition=models.Q(('api', None), ('moved_to', None)), name='episode_unmapped'),
        ),
        migrations.AddIndex(
            model_name='episode',
            index=models.Index(models.F('api'), condition=models.Q(('moved_to', None), ('severity__gte', 3), ('state', 'new')), name='episode_asking'),
        ),
        migrations.AddConstraint(
            model_name='seendelivery',
            constraint=models.UniqueConstraint(fields=('source', 'delivery'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='threatstate',
            constraint=models.UniqueConstraint(fields=('api', 'category'), name='threat_once'),
        ),
    ]
