"""The page on which somebody says what the columns of a table hold."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from findings.models import ColumnMapping, Finding, Report
from inventory.access.choices import OrganisationRole
from tests.findings.reports import analyst, openapi, settle, take_in
from tests.inventory.access.people import person, signed_in

pytestmark = pytest.mark.usefixtures("fresh_database")
TABLE = b"Befund,Stufe,Wo\nAn open door,P1,https://h.example/orders\n<b>Bold</b>,P2,https://h.example/users\n"
SAID = {"title": "Befund", "severity": "Stufe", "url": "Wo", "tool": "Audit", "severities": "P1 = critical\nP2 = low"}


@pytest.fixture
def client() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def sent(client: Client, content: bytes, name: str = "audit.csv", **more: str) -> Any:
    data = {"file": SimpleUploadedFile(name, content), "format": "generic", **more}
    return client.post("/upload/", data)


def test_a_table_is_asked_about_then_read_as_said_and_the_mapping_is_kept_for_its_series(client: Client) -> None:
    take_in(openapi("Shop", "/orders", "/users", server="https://h.example"), "shop.json", analyst())
    settle()
    page = sent(client, TABLE, series="audits")
    assert page.status_code == 302
    address = page["Location"]
    body = client.get(address).content.decode()
    for seen in ("Befund", "Stufe", "An open door", "P1", "Which column holds the title is not known"):
        assert seen in body
    assert not Finding.objects.filter(source_kind="audit").exists()
    shown = client.post(address, {**SAID, "act": "preview"}).content.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt;" in shown
    assert "Critical" in shown
    assert Report.objects.get(format="generic").job is None
    done = client.post(address, {**SAID, "act": "read"})
    assert done.status_code == 302
    assert "/jobs/" in done["Location"]
    settle()
    found = {row.title: row.get_severity_display() for row in Finding.objects.filter(source_kind="audit")}
    assert found == {"An open door": "Critical", "<b>Bold</b>": "Low"}
    assert ColumnMapping.objects.get().series == "audits"
    # The next one of the series comes without a page and is read the same way.
    take_in(TABLE.replace(b"An open door", b"A window"), "audit.csv", analyst(), format="generic", series="audits")
    assert Finding.objects.filter(title="A window", severity=4).exists()
    again = sent(client, TABLE, series="audits")["Location"]
    assert "how it was said the last time" in client.get(again).content.decode()


@pytest.mark.parametrize(("name", "status"), [("own.csv", 302), ("own.tsv", 302), ("own.txt", 422)])
def test_a_file_called_a_table_is_asked_about_though_nobody_knows_its_columns(
    client: Client, name: str, status: int
) -> None:
    table = TABLE.replace(b",", b"\t") if name.endswith("tsv") else TABLE
    answer = client.post("/upload/", {"file": SimpleUploadedFile(name, table)})
    assert answer.status_code == status
    assert Report.objects.filter(format="generic", job=None).count() == (status == 302)


def test_a_held_table_is_read_once(client: Client) -> None:
    address = sent(client, TABLE)["Location"]
    first = client.post(address, {**SAID, "act": "read"})
    second = client.post(address, {**SAID, "act": "read"})
    assert first["Location"] == second["Location"]
    assert not ColumnMapping.objects.exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({**SAID, "severities": "nonsense"}, "says nothing; write it as"),
        ({**SAID, "severities": "P1 = terrible"}, "terrible"),
        ({**SAID, "title": "Nowhere"}, "Nowhere"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence_and_nothing_is_read(
    client: Client, said: dict[str, str], told: str
) -> None:
    address = sent(client, TABLE)["Location"]
    answer = client.post(address, {**said, "act": "preview"})
    assert told in answer.content.decode()


@pytest.mark.parametrize(
    "content", [b'{"findings": [', b'title,severity\n"never closed', b"\xff\xfe\x00", b"[" * 100_000]
)
def test_broken_and_hostile_files_are_told_by_one_sentence(client: Client, content: bytes) -> None:
    answer = sent(client, content)
    if answer.status_code == 302:
        answer = client.get(answer["Location"])
    assert answer.status_code in {200, 422}
    assert "Traceback" not in answer.content.decode()


def test_no_table_is_read_without_a_title(client: Client) -> None:
    address = sent(client, b"Issue Name,URL\nA,https://h.example/orders\n")["Location"]
    body = client.get(address).content.decode()
    assert '<option value="URL" selected>' in body  # what can be guessed is, though the title is not known
    answer = client.post(address, {"url": "URL", "act": "read"})
    assert answer.status_code == 422
    assert "Choose the column that holds the title." in answer.content.decode()
    assert Report.objects.get().job is None


def test_the_columns_below_another_key_can_be_chosen(client: Client) -> None:
    address = sent(client, b'{"items": [{"heading": "An open door"}]}', "own.json")["Location"]
    shown = client.post(address, {"entries": "items", "act": "preview"}).content.decode()
    assert '<option value="heading">' in shown
    assert client.post(address, {"entries": "items", "title": "heading", "act": "read"}).status_code == 302


def test_another_s_table_is_not_there(client: Client) -> None:
    address = sent(client, TABLE)["Location"]
    assert signed_in(person()).get(address).status_code == 404
    assert signed_in(person(OrganisationRole.AUDITOR)).get(address).status_code == 403
