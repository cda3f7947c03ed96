"""What the tests of pages have in common: who looks, and reading what came back."""

import html
import re
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from findings.models import Finding
from inventory.access.models import User
from inventory.models import Api, Endpoint
from posture.services.rescore import score_apis
from tests.posture.services.estates import NOW

FRAGMENT = {"HX-Request": "true"}
"""Headers of a request whose answer htmx swaps into the page."""


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(page: bytes) -> str:
    """Return what a person reads of a page, tags taken out, runs of spaces made one."""
    bare = re.sub(r"<(script|style|svg|template)\b.*?</\1>|<[^>]+>", " ", page.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


def rows_of(page: bytes) -> list[str]:
    """Return the rows of a page's lists as text."""
    return [text_of(row.encode()) for row in re.findall(r"<tr[^>]*data-row.*?</tr>", page.decode(), re.DOTALL)]


def make_endpoint(api: Api, path: str = "/orders/{id}", **values: object) -> Endpoint:
    facts = {"method": "GET", "path_key": path.replace("{id}", "{}"), "first_seen": NOW, **values}
    return Endpoint.objects.create(api=api, path=path, **facts)


def score(*apis: Api, now: datetime = NOW) -> None:
    score_apis(api_ids=[api.pk for api in apis], cause="a test", now=now)


def at(finding: Finding, act: str = "") -> str:
    """Return the address of a finding's page, or of what is done there."""
    return f"/findings/{finding.code}/{act}"


def status_of(finding: Finding) -> str:
    """Return the status as it is now."""
    finding.refresh_from_db()
    return finding.status


def done_of(answer: object) -> str:
    """Return the code of the decision that an answer leads to."""
    found = re.search(r"done=(DEC-\w+)", answer.headers["Location"])  # type: ignore[attr-defined] # Django's test answer
    assert found is not None
    return found[1]


def asked(finding: Finding, by: User) -> str:
    """Ask for acceptance until a day far off and return the code of the question."""
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    sent = {"kind": "asked", "until": day, "preset": "A fix is planned"}
    return done_of(signed_in(by).post(at(finding, "ask/"), sent))
