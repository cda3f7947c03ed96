"""What a request says of a connection becomes what the service is told."""

from datetime import UTC, datetime

import pytest

from inventory.access.api.errors import Refusal
from inventory.api.wanting import refusing_fields, wanted_from
from inventory.errors import ConnectionRefused
from inventory.models import Connection

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def held() -> Connection:
    return Connection(
        code="CON-1", kind="url", name="Nightly", rule="every 900", egress=["port 9443"],
        options={"urls": ["https://a.example/", "https://b.example/"], "header": "", "format": "sarif", "api": "x"},
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip


def test_what_is_not_said_stays_as_it_is() -> None:
    wanted = wanted_from({"options": {"api": ""}}, team=None, before=held())
    assert (wanted.kind, wanted.name, wanted.rule, wanted.egress) == ("url", "Nightly", "every 900", ("port 9443",))
    assert wanted.options == {
        "urls": "https://a.example/\nhttps://b.example/", "header": "", "format": "sarif", "api": "",
    }  # fmt: skip
    assert wanted.secrets == {}


def test_the_connector_says_which_options_and_secrets_there_are() -> None:
    for said in ({"options": {"root": "/"}}, {"secrets": {"urls": "x"}}):
        with pytest.raises(Refusal, match="known are"):
            wanted_from(said, team=None, before=held())
    with pytest.raises(Refusal, match="none for this connector"):
        wanted_from({"kind": "folder", "name": "x", "secrets": {"header": "x"}}, team=None)


@pytest.mark.parametrize(
    ("field", "place"), [("", ""), ("urls", "options.urls"), ("secret_header", "secrets.header"), ("rule", "rule")]
)
def test_the_field_of_a_refusal_is_named_as_the_body_has_it(field: str, place: str) -> None:
    error = ConnectionRefused("No.", field)
    with pytest.raises(Refusal) as refusal, refusing_fields():
        raise error
    assert (refusal.value.field, refusal.value.status_code) == (place, 400)
