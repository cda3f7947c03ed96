"""Pages without collected files."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
