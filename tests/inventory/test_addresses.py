"""Which API an address is of, and when that cannot be said."""

from inventory.addresses import Address, AddressBook


def book(**bases: str) -> AddressBook:
    """Return the addresses of APIs by number: `a1="shop.example/orders"`."""
    return AddressBook(
        Address(int(name[1:]), host, 443, f"/{base}")
        for name, told in bases.items()
        for host, _, base in [told.partition("/")]
    )


def test_without_a_host_the_only_api_whose_base_path_fits_is_meant() -> None:
    held = book(a1="api.example/orders", a2="api.example/tracking", a3="other.example/rates/v2")
    assert held.alone_with("/tracking/v1/offices") == 2
    assert held.alone_with("/tracking") == 2
    assert held.alone_with("/rates/v2/quotes") == 3
    assert held.alone_with("/rates/v1/quotes") is None
    assert held.alone_with("/trackings/v1") is None
    assert held.alone_with("/") is None
    assert held.alone_with("") is None


def test_two_that_fit_are_none_and_one_at_a_root_is_no_sign() -> None:
    twice = book(a1="api.example/orders", a2="old.example/orders")
    assert twice.alone_with("/orders/1") is None
    nested = book(a1="api.example/shop", a2="api.example/shop/orders")
    assert nested.alone_with("/shop/orders/1") is None
    rooted = book(a1="api.example/orders", a2="www.example/")
    assert rooted.alone_with("/orders/1") is None
    assert rooted.alone_with("/else") is None
