"""What the settings put together: how much a browser has to fetch that was never here."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import make_endpoint, score, signed_in

pytestmark = pytest.mark.django_db

MOST = 130_000
FETCHED = re.compile(r'(?:href|src)="/static/([^"]+)"')
FONTS = ("inter-latin.woff2", "jetbrains-mono-latin.woff2")
"""What a page in English needs of the fonts that the styles name."""


@pytest.fixture
def manager() -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


def fetched(client: Client, path: str) -> int:
    """Return how many bytes of a page, and of what it is made of, come over the line."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.content).decode()
    assert "</html>" in page
    static = Path(settings.BASE_DIR, "static")
    names = {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in FETCHED.findall(page)}
    assert {"app.css", "app.js"} <= names
    own = [static / name for name in names if (static / name).exists()]
    fonts = [static / "vendor" / name for name in FONTS]
    there = sum(len(gzip.compress(file.read_bytes())) for file in own) + sum(file.stat().st_size for file in fonts)
    return len(answer.content) + there + HTMX


HTMX = 14_000
"""The script that comes with a package, compressed: measured in a browser, and rounded up."""


@pytest.mark.parametrize("path", ["/apis/", "/findings/", "/connections/", "/teams/"])
def test_a_first_visit_without_charts_is_less_than_130_kb(manager: Client, path: str) -> None:
    ours = team("Payments")
    for number in range(30):
        api = make_api(team=ours, name=f"Interface number {number}", reach="public")
        make_endpoint(api, f"/things-{number}/{{id}}")
        make_finding(api, title=f"Weakness number {number}", message="A value reaches a query as text. " * number)
        score(api)
    assert 60_000 < fetched(manager, path) < MOST


def test_who_cannot_read_what_is_compressed_gets_it_plainly(manager: Client) -> None:
    answer = manager.get("/apis/")
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]
