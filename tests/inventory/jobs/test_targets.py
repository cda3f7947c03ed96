"""Which URLs and addresses the way out takes; every forbidden one of the shared list among them."""

from ipaddress import ip_address

import pytest

from inventory.jobs.targets import TargetRefused, check_address, parse_allowed, parse_target
from tests.inventory.jobs.forbidden import ADDRESSES, URLS


@pytest.mark.parametrize("url", URLS)
def test_no_forbidden_url_is_taken(url: str) -> None:
    with pytest.raises(TargetRefused):
        parse_target(url)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_forbidden_address_is_open(address: str) -> None:
    with pytest.raises(TargetRefused):
        check_address(ip_address(address))


def test_there_are_more_than_three_hundred_of_them() -> None:
    assert len(set(URLS) | set(ADDRESSES)) > 300


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "172.32.0.1", "11.0.0.1"])
def test_the_open_network_is_open(address: str) -> None:
    check_address(ip_address(address))


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://Shop.Example/a?b=c#d", "shop.example", 443),
        ("http://shop.example", "shop.example", 80),
        ("http://shop.example:8080/", "shop.example", 8080),
        ("https://[2606:4700:4700:0::1111]/", "2606:4700:4700::1111", 443),
        ("https://8.8.8.8/x", "8.8.8.8", 443),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
    ],
)
def test_a_plain_url_is_taken_apart(url: str, host: str, port: int) -> None:
    target = parse_target(url)
    assert (target.host, target.port) == (host, port)


def test_a_private_network_is_open_to_whom_it_is_allowed_and_no_further() -> None:
    allowed = parse_allowed(["10.2.0.0/16", "", "port 9443", "fd12::/16"])
    check_address(ip_address("10.2.3.4"), allowed=allowed)
    check_address(ip_address("fd12::1"), allowed=allowed)
    assert parse_target("https://10.2.3.4:9443/", allowed=allowed).port == 9443
    for address in ("10.3.0.1", "127.0.0.1", "169.254.169.254"):
        with pytest.raises(TargetRefused):
            check_address(ip_address(address), allowed=allowed)


def test_metadata_stays_closed_inside_an_allowed_network() -> None:
    allowed = parse_allowed(["100.64.0.0/10", "fc00::/7"])
    check_address(ip_address("100.64.0.1"), allowed=allowed)
    for address in ("100.100.100.200", "fd00:ec2::254"):
        with pytest.raises(TargetRefused):
            check_address(ip_address(address), allowed=allowed)


@pytest.mark.parametrize(
    "line", ["8.8.8.0/24", "0.0.0.0/0", "169.254.0.0/16", "10.0.0.1/8", "::/0", "port 0", "port 70000", "port x", "ten"]
)
def test_nothing_but_private_networks_and_ports_can_be_allowed(line: str) -> None:
    with pytest.raises(TargetRefused):
        parse_allowed([line])


def test_what_is_refused_is_said_without_the_path() -> None:
    with pytest.raises(TargetRefused) as refusal:
        parse_target("https://10.0.0.1/report?token=hush")
    assert "hush" not in str(refusal.value)
    assert "10.0.0.1" in str(refusal.value)
