"""Reading takes time in proportion to the document, whatever somebody puts into it."""

import gc
import json
import resource
from collections.abc import Callable
from contextlib import suppress

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for, readers
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.growing import MORE
from tests.inventory.connectors.reading import read


def openapi(**members: object) -> str:
    return json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}} | members)


def sarif(*results: object) -> str:
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": list(results)}]})


def located(uri: str) -> dict[str, object]:
    return {"ruleId": "r", "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}]}


SMALLEST = 100_000
ENOUGH = 0.05
"""Seconds that tell more of a reader than of the noise beside it."""
LARGEST = 2_000_000
SHARED = 10
"""What a path item has of each thing: all paths together have fewer than are refused."""

GROWING: dict[str, tuple[str, Callable[[int], str]]] = {
    "many paths": ("openapi", lambda n: openapi(paths={f"/p{i}/{{id}}": {"get": {}} for i in range(n // 20)})),
    "one long path": ("openapi", lambda n: openapi(paths={"/" + "{<:a" * n: {"get": {}}})),
    "one long path of escapes": ("openapi", lambda n: openapi(paths={"/" + "%C3" * n: {"get": {}}})),
    "many empty segments": ("openapi", lambda n: openapi(paths={"/" * n: {"get": {}}})),
    "one long title": ("openapi", lambda n: openapi(info={"title": " \n" * n, "version": "x" * n})),
    "one long server": ("openapi", lambda n: openapi(servers=[{"url": "{a" * n}, {"url": "{a}" * n}])),
    "parameters through references": (
        "openapi",
        lambda n: openapi(
            paths={f"/p{i}": {"get": {"parameters": [{"$ref": "#/components/parameters/p0"}]}} for i in range(n // 50)},
            components={"parameters": {f"p{i}": {"$ref": f"#/components/parameters/p{i + 1}"} for i in range(40)}},
        ),
    ),
    "one path item for many paths": (
        "openapi",
        lambda n: openapi(
            paths={f"/p{i}": {"$ref": "#/components/pathItems/all"} for i in range(n // 100)},
            components={
                "pathItems": {
                    "all": {
                        "parameters": [{"name": f"p{i}", "in": "query"} for i in range(SHARED)],
                        "get": {
                            "security": [{f"s{i}": []} for i in range(SHARED)],
                            "responses": {f"{i}": {"content": {f"x/{i}": {}}} for i in range(SHARED)},
                            "tags": [f"t{i}" for i in range(SHARED)],
                        },
                    }
                }
            },
        ),
    ),
    "yaml aliases": ("openapi", lambda n: "openapi: 3.1.0\nx: &a [1, 2]\npaths: {}\ny: [" + "*a," * n + "]\n"),
    "yaml in flow": ("openapi", lambda n: "openapi: 3.1.0\npaths: {}\nx: [" + "a, " * n + "]\n"),
    "yaml anchors": (
        "openapi",
        lambda n: "openapi: 3.1.0\npaths: {}\n" + "".join(f"k{i}: &a{i} v\n" for i in range(n // 5)),
    ),
    "yaml text in blocks": ("openapi", lambda n: "openapi: 3.1.0\npaths: {}\nx: |\n" + "  line\n" * n),
    "many results": ("sarif", lambda n: sarif(*[located(f"src/f{i}.py") for i in range(n // 50)])),
    "one long message": ("sarif", lambda n: sarif({"message": {"text": "'GET /" * n}})),
    "one message with many arguments": (
        "sarif",
        lambda n: sarif({"message": {"text": "{0}" * n, "arguments": ["x" * n]}}),
    ),
    "one long uri": ("sarif", lambda n: sarif(located("https://" + "a." * n + "/" + "7/" * n))),
    "one long operation": ("sarif", lambda n: sarif(located("GET " + " " * n + "/x"))),
    "one long tag": ("sarif", lambda n: sarif({"properties": {"tags": ["cwe-" * n, "CVE-" * n]}})),
    "one deep rule": ("sarif", lambda n: sarif({"ruleId": "a/" * n})),
    "many rules with shared messages": (
        "sarif",
        lambda n: json.dumps(
            {
                "runs": [
                    {
                        "tool": {
                            "driver": {
                                "rules": [{"id": f"r{i}"} for i in range(n // 100)],
                                "globalMessageStrings": {f"m{i}": {"text": "x"} for i in range(n // 100)},
                            },
                            "extensions": [{"name": f"e{i}"} for i in range(n // 100)],
                        },
                        "originalUriBaseIds": {f"b{i}": {"uri": f"file:///b{i}/"} for i in range(n // 100)},
                        "webRequests": [{"headers": {f"h{i}": "x" for i in range(n // 100)}, "target": "/x"}],
                        "results": [
                            {
                                "rule": {"id": f"r{i}", "toolComponent": {"name": f"e{i}"}},
                                "webRequest": {"index": 0},
                                "message": {"id": "m0"},
                            }
                            for i in range(n // 100)
                        ],
                    }
                ]
            }
        ),
    ),
    "one long rule": ("sarif", lambda n: sarif({"ruleId": "a/" * 100 + "b" * n})),
    "one long snippet": (
        "sarif",
        lambda n: sarif(
            {
                "locations": [
                    {"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": {"snippet": {"text": " x" * n}}}}
                ]
            }
        ),
    ),
    "one long series": (
        "sarif",
        lambda n: json.dumps({"version": "2.1.0", "runs": [{"automationDetails": {"id": "a/" * n}, "results": [{}]}]}),
    ),
    "many alerts": (
        "zap",
        lambda n: json.dumps({"site": [{"alerts": [{"pluginid": "1", "instances": [{"uri": "/a"}]}] * (n // 50)}]}),
    ),
    "one alert with many instances": (
        "zap",
        lambda n: (
            "<OWASPZAPReport><alertitem>" + "<instance><uri>/a</uri></instance>" * (n // 30) + "</alertitem>"
            "</OWASPZAPReport>"
        ),
    ),
    "one alert of paragraphs": (
        "zap",
        lambda n: json.dumps({"site": [{"alerts": [{"desc": "<p>" * n, "instances": [{"uri": "/a" * n}]}]}]}),
    ),
    "many children": ("zap", lambda n: "<OWASPZAPReport>" + "<x/>" * n + "</OWASPZAPReport>"),
    "many empty lines": ("nuclei", lambda n: '{"template-id": "a", "info": {}}' + "\n" * n),
    "many objects over several lines": ("nuclei", lambda n: '{\n "template-id": "a",\n "info": {}\n}\n' * (n // 30)),
    "a last object that never ends": ("nuclei", lambda n: '{\n "template-id": "a",\n "info": {}\n}\n{\n' + " 1,\n" * n),
    "many short lines": ("nuclei", lambda n: '{"template-id": "a", "info": {}}\n' * (n // 30)),
    "one long command": (
        "nuclei",
        lambda n: json.dumps({"template-id": "a", "info": {"name": " " * n}, "curl-command": "curl -X " * (n // 2)}),
    ),
    "one long code": (
        "bandit",
        lambda n: json.dumps(
            {"results": [{"code": "1 " * n, "issue_text": "\n" * n, "issue_cwe": {"id": "cwe-" * n}}]}
        ),
    ),
    "one long text of emoji": ("bandit", lambda n: json.dumps({"results": [{"code": "\U0001f600" * (n // 12)}]})),
    "one long cell": ("generic", lambda n: "Title,Severity\n" + 'a,"' + "x" * n),
    "many columns": ("generic", lambda n: "Title,Severity," + "a," * n + "\nx,low"),
    "many keys": (
        "generic",
        lambda n: json.dumps({"findings": [{"title": "x", **{f"k{i}": 1 for i in range(n // 10)}}]}),
    ),
    "one long column": (
        "generic",
        lambda n: json.dumps({"findings": [{"title" + "-" * n + ".": 1}, *[{"title": "x"}] * (n // 20)]}),
    ),
    "one column of many dots": (
        "generic",
        lambda n: json.dumps({"findings": [{"title" + "." * n: 1}, *[{"title": "x"}] * (n // 20)]}),
    ),
    "one failure of many checks": (
        "schemathesis",
        lambda n: (
            '<testsuite name="schemathesis"><testcase name="GET /a"><failure>1. Test Case ID: a\n'
            + "- ST101 Server error\n" * (n // 20)
            + "</failure></testcase></testsuite>"
        ),
    ),
    "one failure of many commands": (
        "schemathesis",
        lambda n: (
            '<testsuite name="schemathesis"><testcase name="GET /a"><failure>'
            + "    curl -X GET http://" * (n // 20)
            + "</failure></testcase></testsuite>"
        ),
    ),
    "one long place": (
        "spectral",
        lambda n: json.dumps([{"code": "a", "path": ["paths", "/" * n, *range(n // 10)], "severity": 1}]),
    ),
    "many signatures": (
        "gitlab",
        lambda n: json.dumps(
            {
                "vulnerabilities": [
                    {
                        "location": {"file": "a"},
                        "tracking": {"items": [{"signatures": [{"value": "x"}] * (n // 20)}]},
                        "identifiers": [{"type": "cwe", "value": "CWE-1"}] * (n // 20),
                    }
                ]
            }
        ),
    ),
    "one long tool": (
        "sarif",
        lambda n: json.dumps({"runs": [{"tool": {"driver": {"name": "-1.1" * n}}, "results": [{}]}]}),
    ),
    **MORE,
}


def seconds(slug: str, text: str, times: int = 5) -> float:
    """Return the least time of some readings that the processor spent in our code. Raises DocumentError.

    The system's share is left out: a virtual machine gives memory back to its host and asks for it page by page.
    """
    best = float("inf")
    # What other tests left alive would be walked at each collection, and counted as the reader's time.
    gc.collect()
    gc.freeze()
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        read(text, "x", reader_for(slug))
        best = min(best, resource.getrusage(resource.RUSAGE_SELF).ru_utime - before)
    gc.unfreeze()
    return best


def worth_timing(slug: str, make: Callable[[int], str]) -> tuple[str, str]:
    """Return a document and one of twice the size: as large as takes time, as long as the larger is not refused.

    Raises DocumentError when it is refused however small.
    """
    size, small, large = SMALLEST, make(SMALLEST), make(2 * SMALLEST)
    took = seconds(slug, large, 1)
    with suppress(DocumentError):
        while took < ENOUGH and len(small) < LARGEST:
            larger = make(4 * size)
            took = seconds(slug, larger, 1)
            size, small, large = 2 * size, large, larger
    return small, large


def test_there_are_growing_documents_for_every_reader() -> None:
    assert {slug for slug, _ in GROWING.values()} == {reader.slug for reader in readers()}


@pytest.mark.slow
@pytest.mark.parametrize("name", GROWING)
def test_twice_the_document_takes_no_more_than_twice_the_time(name: str, record_property: RecordProperty) -> None:
    slug, make = GROWING[name]
    small, large = worth_timing(slug, make)
    for _ in range(3):
        once, twice = seconds(slug, small), seconds(slug, large)
        # A hundredth of a second is noise.
        if twice <= 2.3 * once + 0.01:
            told = f"{once * 1000:.0f} ms, and {twice * 1000:.0f} ms for twice as much"
            record_property(TOLD, f"Twice the document, {slug}, {name}: {told}")
            return
    pytest.fail(f"{once:.3f} s became {twice:.3f} s")
