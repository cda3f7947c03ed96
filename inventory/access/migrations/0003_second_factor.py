from django.db import migrations, models

ROLES = [
    ("administrator", "Administrator"),
    ("security_manager", "Security manager"),
    ("analyst", "Analyst"),
    ("responder", "Responder"),
    ("auditor", "Auditor"),
    ("owner", "Team owner"),
    ("member", "Team member"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_trail"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="start_page",
            field=models.CharField(
                choices=[("apis", "APIs"), ("findings", "Findings"), ("jobs", "Jobs")], default="apis", max_length=20
            ),
        ),
        migrations.CreateModel(
            name="FactorRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(choices=ROLES, max_length=20, unique=True)),
            ],
        ),
    ]
