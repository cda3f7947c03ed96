from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posture", "0002_saved_views")]

    operations = [
        migrations.CreateModel(
            name="DemoInstall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("only", models.BooleanField(default=True, unique=True)),
                ("moved_days", models.IntegerField()),
                ("step", models.SmallIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="demo_install_one"),
                ],
            },
        ),
    ]
