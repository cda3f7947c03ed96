"""Small documents that would grow without end, or nest without end, in a reader that is not careful."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

OPENAPI = '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, "x": %s}'
SARIF = '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"x": %s}]}]}'
ZAP = '{"@version": "2", "site": [{"alerts": [{"x": %s}]}]}'
FRAMES = {
    "Bandit": ("findings.connectors.bandit", '{"results": [{"x": %s}]}'),
    "GitLab": ("findings.connectors.gitlab", '{"vulnerabilities": [{"x": %s}]}'),
    "Semgrep": ("findings.connectors.semgrep", '{"results": [{"check_id": "a", "x": %s}]}'),
    "Spectral": ("findings.connectors.spectral", '[{"code": "a", "path": [], "x": %s}]'),
    "CrowdSec": ("incidents.connectors.crowdsec", '[{"scenario": "a", "events": [{"x": %s}]}]'),
    "ModSecurity": ("incidents.connectors.modsecurity", '{"transaction": {"x": %s}}'),
    "alerts": ("incidents.connectors.plain", '[{"event": "api.alert", "x": %s}]'),
    "a log": ("inventory.connectors.access_log.reader", '{"time": "2026-03-05T10:00:00+00:00", "x": %s}'),
}
"""JSON of readers that read little else, with a place for what nests."""
GROWN = {
    "a log": ("inventory.connectors.access_log.reader", b'203.0.113.7 - - [05/Mar/2026:10:00:11 +0000] "GET /', b"a"),
    "owners": ("inventory.connectors.codeowners", b"* @shop/platform\n", b"a"),
}
"""What begins as a document without brackets, and goes on without end."""
DEEP = 200_000
MEGABYTE = 1 << 20


def bombs() -> Iterator[tuple[str, str, bytes]]:
    """Yield name, import path of the reader and bytes of each."""
    openapi, zap = "inventory.connectors.openapi.reader", "findings.connectors.zap"
    sarif, nuclei = "findings.connectors.sarif.reader", "findings.connectors.nuclei"
    junit, csv = "findings.connectors.schemathesis.reader", "findings.connectors.generic.reader"
    yield "zeros in gzip", sarif, _grown(b"", b"\0")
    yield "spaces in gzip", openapi, _grown(b'{"openapi": "3.1.0",', b" ")
    yield "gzip in gzip", sarif, gzip.compress(_grown(b"", b"\0"), 9)
    yield "lines in gzip", nuclei, _grown(b'{"template-id": "a", "info": {}}', b"\n")
    yield "one line in gzip", csv, _grown(b"title,severity\n", b"a")
    for name, (reader, head, filler) in GROWN.items():
        yield f"{name} in gzip", reader, _grown(head, filler)
    for name, (reader, frame) in FRAMES.items():
        yield f"deep arrays in {name}", reader, (frame % ("[" * DEEP + "]" * DEEP)).encode()
        yield f"deep objects in {name}", reader, (frame % ('{"a":' * DEEP + "1" + "}" * DEEP)).encode()
    for name, reader, frame in (("OpenAPI", openapi, OPENAPI), ("SARIF", sarif, SARIF), ("ZAP", zap, ZAP)):
        yield f"deep arrays in {name}", reader, (frame % ("[" * DEEP + "]" * DEEP)).encode()
        yield f"deep objects in {name}", reader, (frame % ('{"a":' * DEEP + "1" + "}" * DEEP)).encode()
        yield f"deep and cut off in {name}", reader, (frame.partition("%s")[0] + "[" * DEEP).encode()
    yield "deep lists in YAML", openapi, b"openapi: 3.1.0\npaths: {}\nx: " + b"[" * DEEP + b"]" * DEEP
    yield (
        "deep indents in YAML",
        openapi,
        b"openapi: 3.1.0\npaths: {}\n" + b"".join(b" " * n + b"a:\n" for n in range(1500)),
    )
    yield "aliases in YAML", openapi, _aliases(30)
    yield "aliases of a path in YAML", openapi, _aliases(30, inside="paths")
    yield "aliases in a catalogue", "inventory.connectors.backstage", _aliases(30, inside="kind")
    yield "merges in YAML", openapi, _merges(30)
    yield "laughs in XML", zap, _laughs("OWASPZAPReport")
    yield "laughs in JUnit", junit, _laughs("testsuites")
    yield "one long entity in XML", zap, _quadratic()
    yield "deep elements in XML", zap, b"<OWASPZAPReport>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</OWASPZAPReport>"
    yield "references that grow in OpenAPI", openapi, _references(40)
    for name, document in sharing().items():
        yield f"{name} in OpenAPI", openapi, json.dumps({"openapi": "3.2.0", "info": {}} | document).encode()
    for name, run in referring().items():
        yield f"{name} in SARIF", sarif, json.dumps({"version": "2.1.0", "runs": [run]}).encode()
    yield "empty runs in SARIF", sarif, b'{"version": "2.1.0", "runs": [' + b"{}," * DEEP + b"{}]}"
    # An escape in a key is left to the passes over a large file.
    yield "long keys in SARIF", sarif, (SARIF % (r'{"\u0061": 1,' + f'"{"k" * 8000}": {{' * 190 + "}" * 191)).encode()


def _grown(head: bytes, filler: bytes) -> bytes:
    """Return 400 MB in gzip, which end without the sum that nobody should come to: one block again and again."""
    packing = zlib.compressobj(9, wbits=31)
    begun = packing.compress(head) + packing.flush(zlib.Z_FULL_FLUSH)
    block = packing.compress(filler * MEGABYTE) + packing.flush(zlib.Z_FULL_FLUSH)
    return begun + block * 400


def _aliases(levels: int, inside: str = "x") -> bytes:
    lines = ["openapi: 3.1.0", "info: {title: t, version: '1'}", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join((*lines, f"{inside}: *a{levels - 1}", "")).encode()


def _merges(levels: int) -> bytes:
    lines = ["openapi: 3.1.0", "info: {title: t, version: '1'}", "m0: &m0 {a: 1, b: 2}"]
    lines += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}], k{n}: *m{n - 1}}}" for n in range(1, levels)]
    return "\n".join((*lines, f"paths: *m{levels - 1}", "")).encode()


def _laughs(root: str) -> bytes:
    entities = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))]
    return f"<?xml version='1.0'?><!DOCTYPE {root} [{''.join(entities)}]><{root}>&a11;</{root}>".encode()


def _quadratic() -> bytes:
    text = f'<!DOCTYPE OWASPZAPReport [<!ENTITY a "{"x" * 100_000}">]>'
    return f"{text}<OWASPZAPReport>{'&a;' * 20_000}</OWASPZAPReport>".encode()


def _references(levels: int) -> bytes:
    """Return a specification whose path items point at each other ten ways, level below level."""
    schemas = {
        f"s{n}": {"allOf": [{"$ref": f"#/components/schemas/s{n + 1}"}] * 10} for n in range(levels)
    }  # fmt: skip
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/s0"}}}
    document = {
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "components": {"schemas": schemas},
        "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"},
                  "/c": {"get": {"responses": {"200": {"content": content}}}}},
    }  # fmt: skip
    return json.dumps(document).encode()


def sharing() -> dict[str, dict[str, Any]]:
    """Return specifications in which many share one large thing that is written once."""
    to: dict[str, dict[str, Any]] = {name: {"$ref": f"#/x/{name}"} for name in ("item", "answer", "schema", "s0")}
    paths = {f"/p{n}": to["item"] for n in range(2000)}
    answers = {f"{n}": to["answer"] for n in range(200)}
    schema: dict[str, Any] = {"properties": {f"m{n}": {} for n in range(200)}}
    answer = {"content": {f"x/{n}": {"schema": to["schema"]} for n in range(200)}}
    chain = {f"q{n}": {"$ref": f"#/x/q{n + 1}"} for n in range(30)} | {"q30": {"name": "a", "in": "query"}}
    named = [{"name": f"p{n}", "in": "query"} for n in range(200)]
    crowd = {f"s{n}": {"type": "object", "allOf": [{"$ref": f"#/x/s{m}"} for m in range(60)]} for n in range(60)}
    each = {"200": {"content": {"a/b": {"schema": {"allOf": [to["s0"]]}}}}}
    asking = {f"/p{n}": {"get": {"responses": each}} for n in range(700)}
    return {
        "shared parameters": {"paths": paths, "x": {"item": {"parameters": named, "get": {}}}},
        "shared chains": {"paths": paths, "x": {"item": {"parameters": [{"$ref": "#/x/q0"}] * 200, "get": {}}} | chain},
        "shared answers": {
            "paths": paths, "x": {"item": {"get": {"responses": answers}}, "answer": answer, "schema": schema}
        },
        "shared methods": {
            "paths": paths, "x": {"item": {"additionalOperations": {f"M{n}": {} for n in range(3000)}}}
        },
        "schemas that all name all": {"paths": asking, "x": crowd},
    }  # fmt: skip


def referring() -> dict[str, dict[str, Any]]:
    """Return runs in which many refer to one long text."""
    long = "https://a.example/" + "a/" * DEEP
    at = [{"locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]}] * 3000
    bases = {"b": {"uri": "file:///" + "a/" * DEEP}} | {f"c{n}": {"uri": "x", "uriBaseId": "b"} for n in range(5000)}
    return {
        "one long place": {"results": at, "artifacts": [{"location": {"uri": long}}]},
        "one long request": {"results": [{"webRequest": {"index": 0}}] * 3000, "webRequests": [{"target": long}]},
        "one long base": {"results": [{}], "originalUriBaseIds": bases},
        "one long rule": {
            "results": [{"ruleId": f"r{n}", "ruleIndex": 0} for n in range(9000)],
            "tool": {"driver": {"rules": [{"id": "r" * 2 * DEEP}]}},
        },
    }  # fmt: skip


def swelling() -> Iterator[tuple[str, str, bytes]]:
    """Yield small reports whose every entry is told one long text that stands there once."""
    instances = [{"uri": f"/{number}", "method": "GET"} for number in range(9000)]
    alert = {"pluginid": "1", "alert": "a", "desc": "d" * 9000, "solution": "s" * 2000, "instances": instances}
    site = {"@version": "2", "site": [{"alerts": [alert]}]}
    yield "one text of all in ZAP", "findings.connectors.zap", json.dumps(site).encode()
    rule = {"id": "a", "messageStrings": {"m": {"text": "t" * 9000}}, "help": {"text": "h" * 2000}}
    results = [{"ruleId": f"a/{number}", "message": {"id": "m"}} for number in range(9000)]
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t", "rules": [rule]}}, "results": results}]}
    yield "one text of all in SARIF", "findings.connectors.sarif.reader", json.dumps(log).encode()
    checks = "".join(f"- c{number}\n" for number in range(40_000))
    case = f'<testcase name="GET /{"p" * 1900}"><failure>1. Test Case ID: a\n{checks}</failure></testcase>'
    suite = f'<testsuites><testsuite name="schemathesis">{case}</testsuite></testsuites>'
    yield "one text of all in Schemathesis", "findings.connectors.schemathesis.reader", suite.encode()
