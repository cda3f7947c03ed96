"""What hostile documents do to the product when they come in as every document does: nothing."""

import json
from collections.abc import Iterator
from contextlib import suppress

from findings.errors import FindingsRefused
from inventory.errors import InventoryRefused
from inventory.jobs.documents import DocumentError
from tests.findings.reports import analyst, openapi, send, settle
from tests.inventory.jobs.services.canary import said, serving


def documents(port: int) -> Iterator[tuple[str, bytes]]:
    """Yield documents that name the canary wherever a reader might go and look."""
    there = f"http://127.0.0.1:{port}/x"
    specification = openapi("Shop", "/a", server=there).decode()
    reference = specification.replace('"200": {"description": "ok"}', f'"200": {{"$ref": "{there}#/a"}}')
    assert there in reference
    yield "remote.json", reference.encode()
    yield "whole.json", f'{{"$ref": "{there}"}}'.encode()
    yield (
        "paths.yaml",
        f"openapi: 3.0.3\ninfo: {{title: B, version: '1'}}\npaths:\n  /a: {{$ref: '{there}'}}\n".encode(),
    )
    yield "tag.yaml", f"openapi: !!python/object/apply:urllib.request.urlopen ['{there}']\n".encode()
    for name, root in (("zap.xml", "OWASPZAPReport"), ("junit.xml", "testsuites")):
        yield name, f'<!DOCTYPE {root} SYSTEM "{there}"><{root}/>'.encode()
        yield name, f'<!DOCTYPE {root} [<!ENTITY a SYSTEM "{there}">]><{root}>&a;</{root}>'.encode()
        yield name, f'<!DOCTYPE {root} [<!ENTITY % a SYSTEM "{there}"> %a;]><{root}/>'.encode()
        yield name, f'<{root} xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{there}"/></{root}>'.encode()
        yield name, f'<?xml-stylesheet href="{there}"?><{root}/>'.encode()
    driver = {"tool": {"driver": {"name": "a", "informationUri": there}}}
    outside = {"externalPropertyFileReferences": {"results": [{"location": {"uri": there}}]}}
    log = {"version": "2.1.0", "$schema": there, "runs": [{**driver, **outside}]}
    yield "a.sarif", json.dumps(log).encode()


def test_no_document_makes_its_reader_ask_anybody(fresh_database: str) -> None:
    principal, read = analyst(), 0
    with serving(said("200 OK", b"{}")) as canary:
        for name, content in documents(canary.port):
            with suppress(DocumentError, FindingsRefused, InventoryRefused):
                send(content, name, principal)
            read += 1
        settle()
        assert read >= 14
        assert canary.connections == 0
