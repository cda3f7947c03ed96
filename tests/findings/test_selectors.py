"""Which reports still say something of no API, and the act that ties one by hand."""

import json

import pytest
from django.test import Client

from findings.models import Finding, Report
from inventory.access.choices import OrganisationRole
from inventory.models import Api
from tests.findings.reports import analyst, openapi, result, sarif, settle, take_in
from tests.inventory.access.people import person
from tests.posture.views.pages import signed_in, text_of


@pytest.fixture
def manager(fresh_database: str) -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


def test_a_report_is_offered_to_the_api_whose_endpoints_it_speaks_of(manager: Client) -> None:
    principal = analyst()
    take_in(openapi("Orders", "/orders", "/carts"), "orders.json", principal)
    take_in(openapi("Other", "/carts", "/else"), "other.json", principal)
    at = [f"GET {path}" for path in ("/orders", "/carts", "/unknown")]
    content = json.dumps([{"code": f"rule-{n}", "path": ["paths", path.split()[1], "get"], "severity": 0,
                           "message": "m", "source": "spec.json"} for n, path in enumerate(at)])  # fmt: skip
    take_in(content.encode(), "lint.json", principal, format="spectral")
    page = text_of(manager.get("/mapping/").content)
    assert "2 of 3 with a path stand at an endpoint of Orders" in page
    code, orders = Report.objects.get(name="lint.json").code, Api.objects.get(name="Orders")
    answer = manager.post(f"/mapping/reports/{code}/tie/", {"api": orders.code})
    assert answer["Location"].startswith("/jobs/")
    settle()
    assert Finding.objects.filter(api=orders, source_kind="spectral").count() == 3
    assert "lint.json" not in text_of(manager.get("/mapping/").content)


def test_an_api_nobody_knows_is_said(manager: Client) -> None:
    take_in(sarif(result("a", "a.py")), "one.sarif", analyst())
    page = manager.post(f"/mapping/reports/{Report.objects.get().code}/tie/", {"api": "Nowhere"}, follow=True)
    assert "There is no API “Nowhere” open to you for this" in text_of(page.content)
