"""Small documents that would grow without end, or nest without end, in a reader that is not careful."""

import gzip
import json
import zlib
from collections.abc import Iterator

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
