from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_keptanswer")]
    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["kind", "-created_at"], condition=Q(state="queued"), name="job_waiting"),
        )
    ]
