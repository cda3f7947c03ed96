"""Secrets and raw evidence planted wherever the product takes something in, and where they are looked for."""

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connections

from tests.findings.reports import openapi, result, sarif


def _value(name: str) -> str:
    return f"Pl4nt{name.title().replace(' ', '')}Xq7{sum(name.encode())}"


class Plants:
    """Gives secrets out by name, each another one, and finds them again."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.given.setdefault(name, _value(name))

    def add(self, name: str, value: str) -> str:
        """Count a secret among the plants that the product made itself."""
        self.given[name] = value
        return value

    def found_in(self, haystack: bytes) -> list[str]:
        """Return the names of those that stand in some bytes: plain, in hexadecimal, in base 64, or as in a URL."""
        return [name for name, value in self.given.items() if any(form in haystack for form in _forms(value))]


def _forms(value: str) -> Iterator[bytes]:
    plain = value.encode()
    yield plain
    yield plain.hex().encode()
    yield quote(value, safe="").encode()
    # Wherever it stands in a longer text that was packed as a whole.
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + plain)
        yield packed[(0, 2, 3)[before] : len(packed) - 4]


def documents(plants: Plants) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Yield documents of every kind with secrets where tools put them: name, bytes, options of the upload."""
    yield "orders.json", _specification(plants), {}
    yield "lint.sarif", _sarif(plants), {"api": "Orders"}
    yield "zap.xml", _zap(plants), {"api": "Orders"}
    yield "nuclei.jsonl", _nuclei(plants), {"api": "Orders"}
    yield "entries.csv", _csv(plants), {"api": "Orders"}
    yield "access.log", _log(plants), {}
    yield "loose.sarif", sarif(result("loose", "a.py", text=f"Cookie: sid={plants['cookie']}; a=1")), {}
    yield "broken.json", f'{{"password": "{plants["broken"]}", '.encode(), {}


def _specification(plants: Plants) -> bytes:
    document = json.loads(openapi("Orders", "/orders", server="https://orders.example"))
    document["paths"]["/orders"]["get"]["parameters"] = [
        {"name": "key", "in": "query", "schema": {"type": "string"}, "example": plants["example"]}
    ]
    document["x-note"] = plants["note"]
    return json.dumps(document).encode()


def _sarif(plants: Plants) -> bytes:
    quoted = result("hardcoded", "app.py", text=f'The password="{plants["message"]}" is written in the code.')
    place = quoted["locations"][0]["physicalLocation"]
    place["region"]["snippet"] = {"text": f"password = '{plants['snippet']}'"}
    header = result("header", "b.py", text=f"Authorization: Bearer {plants['bearer']} was seen.")
    address = result("address", "c.py", text=f"It connects to postgres://app:{plants['address']}@db.example/a.")
    return sarif(quoted, header, address)


def _zap(plants: Plants) -> bytes:
    return f"""<?xml version="1.0"?><OWASPZAPReport version="2.15" generated="Fri, 1 May 2026 08:00:00">
    <site name="https://orders.example"><alerts><alertitem><pluginid>10010</pluginid><alert>Leak</alert>
    <riskcode>2</riskcode><desc>A secret, token={plants["desc"]}, is in the answer.</desc><instances><instance>
    <uri>https://u:{plants["userinfo"]}@orders.example/orders?api_key={plants["query"]}</uri><method>GET</method>
    <param>q</param><attack>{plants["attack"]}</attack><evidence>{plants["evidence"]}</evidence>
    <requestheader>Authorization: Bearer {plants["request"]}</requestheader><otherinfo>{plants["other"]}</otherinfo>
    <responsebody>{plants["response"]}</responsebody></instance></instances><solution>Set pwd={plants["remedy"]}
    anew.</solution></alertitem></alerts></site></OWASPZAPReport>""".encode()


def _nuclei(plants: Plants) -> bytes:
    entry = {
        "template-id": "token-leak", "info": {"name": "Token leak", "severity": "high"}, "type": "http",
        "matched-at": f"https://orders.example/orders?token={plants['matched']}", "timestamp": "2026-05-01T08:00:00Z",
        "request": f"GET / HTTP/1.1\r\nCookie: {plants['raw']}", "response": plants["body"],
        "curl-command": f"curl -H 'X-Key: {plants['curl']}'", "extracted-results": [plants["extracted"]],
    }  # fmt: skip
    return json.dumps(entry).encode()


def _csv(plants: Plants) -> bytes:
    return (
        "title,severity,description,url\n"
        f'Key in code,high,"secret_key = ""{plants["csv"]}""",https://orders.example/a?key={plants["csv url"]}\n'
    ).encode()


def _log(plants: Plants) -> bytes:
    line = (
        f'203.0.113.9 - {plants["log user"]} [01/May/2026:08:00:00 +0000] "GET /orders?token={plants["log query"]} '
        f'HTTP/1.1" 200 5 "https://a.example/?t={plants["referrer"]}" "agent/{plants["agent"]}" "orders.example"\n'
    )
    return line.encode() * 3


def database() -> bytes:
    """Return everything the database holds, table by table, as COPY gives it."""
    dump = BytesIO()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid > 16383")
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for part in copy:
                    dump.write(part)
    return dump.getvalue()


def broker() -> bytes:
    """Return everything Redis holds in the database of this run: keys and values."""
    held = BytesIO()
    with redis.Redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://")) as line:
        for key in line.scan_iter():
            held.write(key)
            match line.type(key):
                case b"string":
                    held.write(line.get(key))
                case b"list":
                    held.write(b"\n".join(line.lrange(key, 0, -1)))
                case b"hash":
                    held.write(repr(line.hgetall(key)).encode())
                case b"set":
                    held.write(repr(line.smembers(key)).encode())
                case b"zset":
                    held.write(repr(line.zrange(key, 0, -1)).encode())
    return held.getvalue()
