"""Pages without collected files, and a sign-in without limits but where a test asks for them."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ACCOUNT_RATE_LIMITS = False
    settings.MFA_RATE_LIMITS = False
