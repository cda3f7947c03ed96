"""Documents at web addresses, asked for with the marks of the last answer so that what is unchanged is not sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from inventory.jobs.services.wayout import Answer, Question
from inventory.jobs.targets import FetchFailed
from inventory.sources.base import Item, Left, Option, Pulled, SourceRefused, Surroundings, Unchanged, Visit, register

MOST_URLS = 100
OK, NOT_MODIFIED = 200, 304
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
NOT_FOR_SECRETS = {
    "host", "content-length", "transfer-encoding", "connection", "accept-encoding", "if-none-match",
    "if-modified-since",
}  # fmt: skip


@register
class Web:
    """One or more web addresses."""

    slug: ClassVar[str] = "url"
    label: ClassVar[str] = "Web addresses"
    says: ClassVar[str] = "Reads reports or specifications at web addresses, when they have changed."
    options: ClassVar[tuple[Option, ...]] = (
        Option(name="urls", label="Addresses", hint="One a line, with https://.", required=True, lines=True),
        Option(name="header", label="Secret header", hint="Its name, such as Authorization. Its value comes below."),
    )
    secrets: ClassVar[tuple[Option, ...]] = (
        Option(name="header", label="Value of the secret header", hint="Such as “Bearer …”. Sealed, never shown."),
    )

    def missing(self, around: Surroundings) -> str:  # noqa: ARG002 - part of the protocol
        """Say that nothing is missing."""
        return ""

    def clean(self, options: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:  # noqa: ARG002 - protocol
        """Return the addresses, each once, and the header's name."""
        urls = list(dict.fromkeys(line.strip() for line in options.get("urls", "").splitlines() if line.strip()))
        if not urls or len(urls) > MOST_URLS:
            msg = f"Write 1 to {MOST_URLS} addresses, one a line."
            raise SourceRefused(msg, "urls")
        header = str(options.get("header", "")).strip()
        if header and (not HEADER.fullmatch(header) or header.lower() in NOT_FOR_SECRETS):
            msg = "This is no name of a header that a secret can go in."
            raise SourceRefused(msg, "header")
        return {"urls": urls, "header": header}

    def walk(self, visit: Visit, around: Surroundings) -> Iterator[Item]:
        """Ask each address in turn; one that fails stops no other."""
        secret = {visit.options["header"]: visit.secrets.get("header", "")} if visit.options.get("header") else {}
        if secret and not all(secret.values()):
            secret = {}
        for url in visit.options["urls"]:
            before = visit.cursor.get(url, {})
            asked = {"If-None-Match": before.get("etag"), "If-Modified-Since": before.get("modified")}
            headers = {name: value for name, value in asked.items() if value}
            try:
                answer = around.ask(Question(url=url, headers=headers, secrets=secret))
            except FetchFailed as failed:
                yield Left(key=url, reason=str(failed))
            else:
                yield _told(url, answer, known=bool(before))


def _told(url: str, answer: Answer, *, known: bool) -> Item:
    if answer.status == OK:
        mark = {"etag": answer.headers.get("etag", "")[:500], "modified": answer.headers.get("last-modified", "")[:100]}
        name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
        host = urlsplit(url).hostname or "document"
        return Pulled(key=url, name=(name or host)[:200], file=answer.file, size=answer.size, mark=mark)
    answer.file.close()
    if answer.status == NOT_MODIFIED and known:
        return Unchanged(key=url)
    return Left(key=url, reason=f"{urlsplit(url).hostname} answers {answer.status}{_meaning(answer.status)}.")


def _meaning(status: int) -> str:
    refused = ": the secret header is missing, wrong or over"
    known = {401: refused, 403: refused, 404: ": there is nothing at this address", 429: ": it is asked too often"}
    return known.get(status, "")
