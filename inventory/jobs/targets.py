"""Where the product may send a request: which URLs are plain, which addresses are open. Pure.

Sources: IANA's special-purpose address registries (RFC 6890 and its updates), and the metadata addresses that cloud
providers publish.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

USUAL_PORTS: Final = frozenset({80, 443, 8080, 8443})
LAST_PORT: Final = 65_535
LONGEST_URL: Final = 2000
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

PRIVATE: Final = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7",
        ),
    )
)  # fmt: skip
"""Closed, but a connection may be allowed parts of them."""

NEVER: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            # Metadata and host services of clouds at addresses that look like others.
            "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128",
            # Addresses that stand for another: mapped, translated (NAT64, SIIT), 6to4, Teredo.
            "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23",
            "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
"""Closed to everybody: link-local and metadata, multicast, reserved, documentation, and addresses within addresses."""

GLOBAL_IPV6: Final = ip_network("2000::/3")

_URL = re.compile(r"(https?)://([^/?#]*)(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class FetchFailed(Exception):  # noqa: N818 - named for what people are told
    """A request did not bring an answer: one sentence for people, without the URL's path and query."""


class TargetRefused(FetchFailed):
    """A request that is never sent: its URL or the address behind it is not allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What one connection may reach beside the open network: private networks and further ports."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset()


NOTHING_MORE: Final = Allowed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be asked, taken apart; `host` in lower case, of an IPv6 address without brackets."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two URLs of one server share."""
        return self.scheme, self.host, self.port


def parse_target(url: str, *, allowed: Allowed = NOTHING_MORE) -> Target:
    """Return a URL taken apart. Raises TargetRefused for what is not a plain http or https URL on an allowed port.

    Addresses written in the URL are judged here too, so that a form can say so at once.
    """
    if len(url) > LONGEST_URL or any(not "!" <= sign <= "~" or sign == "\\" for sign in url):
        msg = f"A URL has at most {LONGEST_URL} characters, all of them ASCII, without spaces and backslashes."
        raise TargetRefused(msg)
    parts = _URL.fullmatch(url)
    if parts is None:
        msg = "Only addresses that begin with https:// or http:// and a host can be asked."
        raise TargetRefused(msg)
    scheme, place = parts[1].lower(), parts[2]
    if "@" in place:
        msg = "A URL may hold no user name or password; put a secret in the header field."
        raise TargetRefused(msg)
    found = _PLACE.fullmatch(place)
    if found is None:
        msg = "The host in the URL is no plain name or address."
        raise TargetRefused(msg)
    host = _host(found[1].lower())
    port = int(found[2]) if found[2] else DEFAULT_PORTS[scheme]
    if not 0 < port <= LAST_PORT or port not in USUAL_PORTS | allowed.ports:
        usual = ", ".join(map(str, sorted(USUAL_PORTS)))
        msg = f"Port {port} is not open. The usual ones are {usual}; the settings of a connection can allow others."
        raise TargetRefused(msg)
    if (literal := literal_address(host)) is not None:
        check_address(literal, allowed=allowed)
    return Target(url=url, scheme=scheme, host=host, port=port)


def _host(text: str) -> str:
    """Return a host without brackets. Raises TargetRefused for numbers that are no dotted address, and odd names."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError:
            msg = "The IPv6 address in the URL cannot be read."
            raise TargetRefused(msg) from None
    labels = text.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(text))
        except ValueError:
            msg = "The address in the URL is written in an odd way; write four plain numbers or a name."
            raise TargetRefused(msg) from None
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        msg = "The host in the URL is no plain name or address."
        raise TargetRefused(msg)
    return text


def literal_address(host: str) -> Address | None:
    """Return the address that a host is, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def check_address(address: Address, *, allowed: Allowed = NOTHING_MORE) -> None:
    """Raise TargetRefused unless requests may go to this address."""
    if any(address in network for network in allowed.networks) and not _is_never(address):
        return
    if _is_never(address) or _is_private(address):
        msg = (
            f"The address {address} is private; the settings of a connection can allow its network."
            if _is_private(address) and not _is_never(address)
            else f"The address {address} is closed to requests: it is local, reserved or stands for another."
        )
        raise TargetRefused(msg)


def _is_private(address: Address) -> bool:
    return any(address in network for network in PRIVATE)


def _is_never(address: Address) -> bool:
    if any(address in network for network in NEVER):
        return True
    if _is_private(address):
        return False
    return not address.is_global or (address.version == 6 and address not in GLOBAL_IPV6)  # noqa: PLR2004 - IP version


def parse_allowed(lines: Iterable[str]) -> Allowed:
    """Return what lines such as `10.2.0.0/16` and `port 9443` allow; empty ones are passed over.

    Raises TargetRefused with the line that is neither, or is no part of a private network.
    """
    networks: list[Network] = []
    ports: set[int] = set()
    for line in filter(None, (line.strip() for line in lines)):
        word, _, number = line.partition(" ")
        if word == "port" and number.isascii() and number.isdigit() and 0 < int(number[:6]) <= LAST_PORT:
            ports.add(int(number))
            continue
        try:
            network = ip_network(line)
        except ValueError:
            network = None
        if network is None or not any(_within(network, private) for private in PRIVATE):
            private = ", ".join(map(str, PRIVATE))
            msg = f"“{line[:80]}” is neither a port, such as “port 9443”, nor a private network, within {private}."
            raise TargetRefused(msg)
        networks.append(network)
    return Allowed(networks=tuple(networks), ports=frozenset(ports))


def _within(network: Network, outer: Network) -> bool:
    return network.version == outer.version and network.network_address in outer and network.broadcast_address in outer
