"""A reader that some documents kill. It is registered by the tests alone."""

import os
import signal
from collections.abc import Generator
from typing import Any, ClassVar

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import Kind
from inventory.jobs.documents import Document

MARK = b"poison "


class Poisoned:
    """Reads a line as a finding, and dies of one that says so."""

    slug: ClassVar[str] = "poisoned"
    label: ClassVar[str] = "Poisoned"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Tell by the first word."""
        return head.startswith(MARK)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding, then die or end."""
        text = document.whole(1000)
        yield FindingRecord(source_kind="poisoned", rule=text.decode(), title="A finding", severity="low")  # type: ignore[arg-type]
        if b"kill" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        return ReportSummary(entries=1)
