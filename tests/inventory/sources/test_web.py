"""Asking web addresses: with the last marks, each for itself, and the secret where it belongs."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from inventory.jobs.services.wayout import Answer, Question
from inventory.jobs.targets import FetchFailed
from inventory.sources.base import Item, Left, Pulled, SourceRefused, Surroundings, Unchanged, Visit
from inventory.sources.web import Web

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Net:
    """Stands for the network: an answer for each address, and what it was asked."""

    def __init__(self, **answers: tuple[int, bytes, dict[str, str]]) -> None:
        self.answers = answers
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Answer:
        """Answer as the last part of the address says."""
        self.asked.append(question)
        name = question.url.rpartition("/")[2]
        if name not in self.answers:
            msg = "shop.example does not answer on port 443."
            raise FetchFailed(msg)
        status, body, headers = self.answers[name]
        return Answer(url=question.url, status=status, headers=headers, file=BytesIO(body), size=len(body))


def walk(net: Net, *names: str, header: str = "", secret: str = "", cursor: dict[str, dict[str, str]] | None = None
         ) -> list[Item]:  # fmt: skip
    options = {"urls": [f"https://shop.example/{name}" for name in names], "header": header}
    around = Surroundings(folders=(), most=1000, now=NOW, ask=net.ask)
    return list(Web().walk(Visit(options=options, secrets={"header": secret}, cursor=cursor or {}), around))


def test_a_document_comes_with_its_name_and_the_marks_to_ask_with_next_time() -> None:
    net = Net(a=(200, b"body", {"etag": '"1"', "last-modified": "Sun, 01 Mar 2026 00:00:00 GMT"}))
    (item,) = walk(net, "a")
    assert isinstance(item, Pulled)
    assert (item.name, item.file.read(), item.size) == ("a", b"body", 4)
    walk(net, "a", cursor={item.key: item.mark})
    assert dict(net.asked[0].headers) == {}
    assert dict(net.asked[1].headers) == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "Sun, 01 Mar 2026 00:00:00 GMT",
    }


def test_unchanged_is_believed_only_of_what_was_taken_before() -> None:
    net = Net(a=(304, b"", {}))
    assert isinstance(walk(net, "a", cursor={"https://shop.example/a": {"etag": "x"}})[0], Unchanged)
    assert isinstance(walk(net, "a")[0], Left)


def test_one_that_fails_stops_no_other_and_is_told() -> None:
    found = walk(Net(b=(200, b"b", {}), c=(503, b"", {}), d=(401, b"", {})), "a", "b", "c", "d")
    assert [type(item) for item in found] == [Left, Pulled, Left, Left]
    told = [item.reason for item in found if isinstance(item, Left)]
    assert told[0] == "shop.example does not answer on port 443."
    assert told[1] == "shop.example answers 503."
    assert "secret header" in told[2]


def test_the_secret_travels_apart_from_the_headers() -> None:
    net = Net(a=(200, b"", {}))
    walk(net, "a", header="Authorization", secret="Bearer hush")
    assert dict(net.asked[0].secrets) == {"Authorization": "Bearer hush"}
    assert dict(net.asked[0].headers) == {}


@pytest.mark.parametrize(
    ("urls", "header"), [("", ""), (" \n", ""), ("https://a.example/", "Host"), ("https://a.example/", "a b")]
)
def test_options_that_cannot_work_are_refused(urls: str, header: str) -> None:
    around = Surroundings(folders=(), most=1000, now=NOW, ask=Net().ask)
    with pytest.raises(SourceRefused):
        Web().clean({"urls": urls, "header": header}, around)


def test_addresses_are_kept_once_each() -> None:
    around = Surroundings(folders=(), most=1000, now=NOW, ask=Net().ask)
    kept = Web().clean({"urls": "https://a.example/\n\nhttps://b.example/\nhttps://a.example/"}, around)
    assert kept == {"urls": ["https://a.example/", "https://b.example/"], "header": ""}
