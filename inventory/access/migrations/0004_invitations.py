import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

ROLES = [
    ("administrator", "Administrator"),
    ("security_manager", "Security manager"),
    ("analyst", "Analyst"),
    ("responder", "Responder"),
    ("auditor", "Auditor"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("name", models.CharField(max_length=120)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=ROLES, max_length=20), blank=True, default=list, size=None
                    ),
                ),
                (
                    "team_role",
                    models.CharField(
                        blank=True, choices=[("owner", "Team owner"), ("member", "Team member")], max_length=10
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="access.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("used_at", None), ("withdrawn_at", None)),
                        fields=("email",),
                        name="access_invitation_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="access_invitation_email_lower",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="statechange",
            index=models.Index(fields=["-happened_at", "-id"], name="access_statechange_newest"),
        ),
    ]
