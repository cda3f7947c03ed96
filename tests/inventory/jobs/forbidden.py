"""More than three hundred targets that no request may reach, made from the standards' own ranges."""

from ipaddress import IPv4Address, IPv6Address

INSIDE = (
    "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", str(IPv4Address(0)), "0.1.2.3", "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.170.2",
    "169.254.0.1", "100.64.0.1", "100.127.255.255", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.51.100.7",
    "203.0.113.9", "198.18.0.1", "198.19.255.255", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16",
)  # fmt: skip
"""IPv4 addresses of each closed range: its first, its last or one that is known."""


def _six(first: int, last: int = 0) -> str:
    return str(IPv6Address(first << 96 | last))


def _embedded(text: str) -> list[str]:
    """Return the IPv6 addresses that stand for an IPv4 one: mapped, compatible, SIIT, NAT64 twice, 6to4, Teredo."""
    number = int(IPv4Address(text))
    return [
        str(IPv6Address(0xFFFF << 32 | number)),
        str(IPv6Address(0xFFFF << 48 | number)),
        _six(0x0064FF9B, number),
        str(IPv6Address(0x0064FF9B0001 << 80 | number)),
        str(IPv6Address(0x2002 << 112 | number << 80 | 1)),
        str(IPv6Address(0x20010000 << 96 | (number ^ 0xFFFFFFFF))),
    ]


SIX = (
    "::", "::1", "::2", "::7f00:1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00::1", "fd00:ec2::254",
    "fd20:ce::254", "ff02::1", "ff05::1:3", "100::1", "2001:db8::1", "2001:2::1", "2001:10::1", "3fff::1", "5f00::1",
    "4000::1", "8000::1", "e000::1",
)  # fmt: skip

ADDRESSES = (*INSIDE, *SIX, *(six for four in INSIDE for six in _embedded(four)), *_embedded("8.8.8.8"))


def _odd(text: str) -> list[str]:
    """Return other spellings of an IPv4 address that some programs understand."""
    one, two, three, four = (int(part) for part in text.split("."))
    whole = int(IPv4Address(text))
    return [
        str(whole),
        hex(whole),
        f"0{whole:o}",
        f"{one:#x}.{two:#x}.{three:#x}.{four:#x}",
        f"0{one:o}.0{two:o}.0{three:o}.0{four:o}",
        f"{one}.{two}.{three * 256 + four}",
        f"{one}.{two << 16 | three << 8 | four}",
        f"{text}.",
        f"00{one}.{two}.{three}.{four}",
        text.replace(".", "%2e"),
        text.replace(".", "。"),
        "".join(chr(0xFF10 + int(digit)) if digit.isdigit() else digit for digit in text),
    ]


SHAPES = (
    "file:///etc/passwd", "ftp://files.example/a", "gopher://shop.example:70/_x", "dict://shop.example:2628/",
    "ldap://shop.example/", "unix:///run/x.sock", "data:text/plain,x", "jar:http://shop.example!/",
    "javascript:alert(1)",
    "//shop.example/", "http:/shop.example/", "http:shop.example", "http://", "https:///path", "http://:80/",
    "http://shop.example:22/", "http://shop.example:6379/", "http://shop.example:5432/", "http://shop.example:0/",
    "http://shop.example:99999/", "http://shop.example:080808/", "http://shop.example:/x:y@z:25",
    "http://user@shop.example/", "http://user:word@shop.example/", "http://@shop.example/",
    "http://shop.example@127.0.0.1/", "http://127.0.0.1@shop.example/", "http://shop.example:80@127.0.0.1/",
    "http://shop.example\\@127.0.0.1/", "http://127.0.0.1\\.shop.example/", "http:\\\\127.0.0.1\\",
    "http://shop.example\t/", "http://shop.example/\r\nHost: inside", " http://shop.example/", "http://shop example/",
    "http://[::1", "http://::1/", "http://[::1]]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/",
    "http://[v1.x]/", "http://[127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://sh%6Fp.example/", "http://shöp.example/", "http://①②⑦.⓪.⓪.①/", "http://-shop.example/",
    "http://shop..example/", "http://.shop.example/", "http://shop.example.:80/", "http://127.1/", "http://127/",
    "http://0/", "http://0x/", "http://256.256.256.256/", "http://1.2.3.4.5/", "http://1.2.3.0x4/",
    "http://shop.example/" + "a" * 2000, "http://" + "a" * 64 + ".example/", "http://shop.example/\x00",
)  # fmt: skip

URLS = (
    *(f"http://{four}/" for four in INSIDE),
    *(f"https://[{six}]/" for six in ADDRESSES if ":" in six),
    *(f"http://{odd}/" for four in ("127.0.0.1", "169.254.169.254", "10.0.0.1") for odd in _odd(four)),
    *SHAPES,
)
