"""What is kept of an entry of a report."""

from findings.choices import Severity
from findings.mapping import Placement
from findings.records import FindingRecord
from findings.services.staging import COLUMNS, row_of
from inventory.addresses import Address, AddressBook

BOOK = AddressBook([Address(1, "shop.example", 443, "/v1"), Address(1, "", None, "/v1")])
PLACEMENT = Placement(book=BOOK, stable_ids={1: "11111111-1111-5111-8111-111111111111"}, unmapped="unmapped:team:1")


def staged(**said: object) -> dict[str, object]:
    record = FindingRecord(source_kind="scanner", rule="r", title="t", severity=Severity.LOW, **said)  # type: ignore[arg-type]  # any field
    return dict(zip(COLUMNS, row_of(record, PLACEMENT), strict=True))


def test_the_values_in_a_url_are_not_kept() -> None:
    row = staged(url="https://shop.example/v1/orders?card=4111111111111111#token", path="/v1/orders", parameter="card")
    assert row["url"] == "https://shop.example/v1/orders"
    assert "4111" not in str(row)


def test_a_finding_is_the_same_whatever_host_base_path_and_number_it_was_seen_under() -> None:
    here = staged(url="https://shop.example/v1/orders/7", path="/v1/orders/7", method="GET")
    other = Placement(
        book=AddressBook([Address(1, "staging.example", 8443, "/api/v2")]),
        stable_ids=PLACEMENT.stable_ids,
        unmapped="x",
    )
    record = FindingRecord(
        source_kind="scanner", rule="r", title="t", severity=Severity.LOW, method="GET",
        url="https://staging.example:8443/api/v2/orders/31", path="/api/v2/orders/31", line=5,
    )  # fmt: skip
    there = dict(zip(COLUMNS, row_of(record, other), strict=True))
    assert (here["fingerprint"], here["path_key"]) == (there["fingerprint"], "/orders/{}")
    assert here["record_digest"] != there["record_digest"]


def test_without_an_api_it_is_told_apart_by_its_series() -> None:
    one, two = staged(series="nightly"), staged(series="pull requests")
    assert one["api_id"] is None
    assert one["fingerprint"] != two["fingerprint"]
