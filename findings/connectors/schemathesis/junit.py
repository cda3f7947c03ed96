"""The JUnit report: a test case for each operation, whose failures hold test cases with the checks they failed."""

import re
from collections.abc import Generator, Iterator
from typing import Any

from findings.connectors.schemathesis.failures import base_from, finding_of, operation_of, severity_word
from findings.connectors.tally import Tally, method_of
from findings.records import FindingRecord, RunSummary
from inventory.connectors.base import Document, DocumentError, as_text, clean
from inventory.connectors.streams import elements_of

MOST_TEXT = 1 << 20
MOST_ADDRESS = 4000

_CASE = re.compile(r"^\d+\. Test Case ID: .*$", re.MULTILINE)
_CHECK = re.compile(r"^- (?:(ST\d{3}) )?(\S.*)$")
_ANSWER = re.compile(r"^\[\d{3}\] |^Reproduce with:")
_CURL = re.compile(r"^ {4}curl -X ([A-Za-z]{3,10}) .*$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s'\"]+$")


def suites(document: Document, tally: Tally) -> Generator[FindingRecord, None, RunSummary]:
    """Yield a finding for each check that failed."""
    rooted = errors = False
    number = 0
    for event, element in elements_of(document, {"testsuites", "testsuite", "testcase"}):
        rooted = True
        if event == "start" or element.tag != "testcase":
            continue
        number += 1
        operation = operation_of(clean(element.get("name", "")))
        # An error is a test that could not be made: nothing was found, and something was not looked at.
        errors |= element.find("error") is not None
        for failure in element.findall("failure"):
            text = clean(failure.text or "")[:MOST_TEXT]
            found = list(_checks(text))
            if not found:
                tally.skip(f"test case {number}", "The failure names no check.")
            for check in found:
                yield _finding(operation, check, tally)
    if not rooted:
        raise DocumentError(reason="There is no element testsuites, so this is no JUnit report.")
    return RunSummary(source_kind="schemathesis", tool="Schemathesis", successful=not errors)


def _checks(text: str) -> Iterator[dict[str, str]]:
    """Yield code, title, message, method and address of each check that the text of a failure lists."""
    for case in _CASE.split(text):
        # The last command is the one that failed, after those that led to it.
        commands = list(_CURL.finditer(case))
        command = commands[-1] if commands else None
        address = _ADDRESS.search(command[0].rstrip("'\" ")) if command else None
        # Cut: all checks of the case share it.
        sent = {"method": command[1] if command else "", "address": address[0][:MOST_ADDRESS] if address else ""}
        check: dict[str, Any] = {}
        for line in case.splitlines():
            # What follows is the answer of the service, which may say anything.
            if _ANSWER.match(line):
                break
            if found := _CHECK.match(line):
                if check:
                    yield check
                check = {"code": found[1] or "", "title": found[2], "message": "", **sent}
            elif check:
                check["message"] += line.removeprefix("    ") + "\n"
        if check:
            yield check


def _finding(operation: tuple[str, str], check: dict[str, str], tally: Tally) -> FindingRecord:
    method, path = operation
    return finding_of(
        code=as_text(check["code"]),
        title=check["title"],
        word=severity_word(check["code"]),
        message=check["message"],
        method=(method_of(check["method"]) or method) if path else "",
        path=path,
        base=base_from(check["address"], path) if path else "",
        tally=tally,
    )
