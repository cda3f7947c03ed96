"""Findings lie on the endpoint of their path, or on the declared one whose parameter their path has a value of."""

import json

import pytest

from findings.models import Finding
from findings.services.linking import link_endpoints
from inventory.models import Api
from tests.findings.reports import analyst, openapi, settle, take_in

pytestmark = pytest.mark.usefixtures("module_database")


def zap(host: str, *paths: str) -> bytes:
    instances = [{"uri": f"https://{host}{path}", "method": "GET", "param": ""} for path in paths]
    alert = {
        "pluginid": "1",
        "name": "Leak",
        "riskcode": "3",
        "confidence": "3",
        "cweid": "200",
        "instances": instances,
    }
    site = {"@name": f"https://{host}", "alerts": [alert]}
    return json.dumps({"@programName": "ZAP", "created": "2026-05-01T04:00:00Z", "site": [site]}).encode()


def specify(title: str, *paths: str) -> Api:
    take_in(openapi(title, *paths, server=f"https://{title}.example"), f"{title}.json", analyst())
    settle()
    return Api.objects.get(name=title)


def places(api: Api) -> dict[str, str]:
    rows = Finding.objects.filter(api=api, source_kind="zap").values_list("path", "endpoint__path")
    return {path: endpoint or "" for path, endpoint in rows}


def test_a_value_lies_on_the_declared_endpoint_of_its_parameter() -> None:
    api = specify("valued", "/users/{name}", "/users/me", "/files/{name}.json", "/a/{x}/b/{y}")
    paths = (
        "/users/mallory",
        "/users/me",
        "/files/index.json",
        "/files/index.xml",
        "/a/one/b/two",
        "/a/one/c/two",
        "/z",
    )
    take_in(zap("valued.example", *paths), "zap.json", analyst())
    settle()
    assert places(api) == {
        "/users/mallory": "/users/{name}", "/users/me": "/users/me", "/files/index.json": "/files/{name}.json",
        "/files/index.xml": "", "/a/one/b/two": "/a/{x}/b/{y}", "/a/one/c/two": "", "/z": "",
    }  # fmt: skip


def test_a_later_specification_ties_what_was_found_before_and_a_nearer_path_takes_over() -> None:
    api = specify("later", "/other")
    take_in(zap("later.example", "/users/mallory"), "zap.json", analyst())
    settle()
    keys = set(Finding.objects.filter(api=api).values_list("fingerprint", flat=True))
    assert places(api) == {"/users/mallory": ""}
    specify("later", "/users/{name}")
    assert places(api) == {"/users/mallory": "/users/{name}"}
    specify("later", "/users/{name}", "/users/mallory")
    assert places(api) == {"/users/mallory": "/users/mallory"}
    kept = Finding.objects.filter(api=api, source_kind="zap").values_list("fingerprint", flat=True)
    assert set(kept) <= keys, "where a finding is shown does not change which finding it is"
    assert link_endpoints(api_ids=[api.pk]) == 0


def test_a_current_path_goes_before_a_former_one() -> None:
    api = specify("former", "/{kind}/mallory")
    take_in(zap("former.example", "/users/mallory"), "zap.json", analyst())
    settle()
    assert places(api) == {"/users/mallory": "/{kind}/mallory"}
    specify("former", "/users/{name}")
    assert places(api) == {"/users/mallory": "/users/{name}"}
    specify("former", "/other")
    assert places(api)["/users/mallory"] in {"/users/{name}", "/{kind}/mallory"}
