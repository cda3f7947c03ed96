"""News of the lower floors becomes a job that scores, in the transaction of the news."""

import pytest
from django.dispatch import Signal

from findings.signals import decisions_recorded, findings_ingested
from inventory.jobs.models import Job
from inventory.signals import ApisChanged, endpoints_recorded, facts_recorded, team_changed
from posture.services.asking import SCORE

pytestmark = pytest.mark.django_db

NEWS = {
    "endpoints": endpoints_recorded,
    "facts": facts_recorded,
    "team": team_changed,
    "findings": findings_ingested,
    "decisions": decisions_recorded,
}


@pytest.mark.parametrize("news", NEWS.values(), ids=NEWS)
def test_each_kind_of_news_asks_for_the_scores_of_its_apis(news: Signal) -> None:
    news.send(None, result=ApisChanged(api_ids=(5, 2), cause="something happened"))

    job = Job.objects.get(kind=SCORE)
    assert job.arguments == {"api_ids": [2, 5], "causes": ["something happened"]}


def test_news_about_no_api_asks_for_nothing() -> None:
    findings_ingested.send(None, result=ApisChanged(api_ids=(), cause="an unmapped report"))

    assert not Job.objects.filter(kind=SCORE).exists()
