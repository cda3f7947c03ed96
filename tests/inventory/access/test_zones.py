"""Time zones people may choose."""

from zoneinfo import ZoneInfo

from inventory.access.zones import is_zone, zones


def test_every_zone_on_offer_exists_and_is_named_by_a_place() -> None:
    assert len(zones()) > 300
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata"} <= set(zones())
    assert "EST5EDT" not in zones()
    for name in zones():
        ZoneInfo(name)
        assert is_zone(name)


def test_what_is_no_zone_is_known_as_none() -> None:
    assert not any(map(is_zone, ("", "Nowhere", "/etc/localtime", "europe/berlin")))
