"""One principal cannot keep the product busy."""

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from tests.callers import Caller, token_of
from tests.inventory.access.people import person

pytestmark = pytest.mark.django_db


def test_too_many_requests_of_one_are_slowed_and_others_are_not(settings: Settings) -> None:
    cache.clear()
    settings.API_REQUESTS_A_MINUTE = 3
    one, other = (Caller(token=token_of(person(OrganisationRole.ANALYST))) for _ in range(2))
    statuses = []
    while 429 not in statuses:
        answer = one.get("teams/")
        statuses.append(one.status)
    assert statuses[:3] == [200, 200, 200]
    assert len(statuses) <= 7  # a minute may have ended on the way, once
    assert answer["error"]["code"] == "too_many_requests"
    assert 1 <= int(one.answer["Retry-After"]) <= 60
    assert one.answer["Retry-After"] in answer["error"]["message"]
    other.get("teams/")
    assert other.status == 200


def test_without_redis_nobody_is_slowed(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.API_REQUESTS_A_MINUTE = 0
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere/at-all"}
    }
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST)))
    caller.get("teams/")
    assert caller.status == 200
    assert "does not answer" in caplog.text
