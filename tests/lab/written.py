"""Reports of two tools that cannot be had from a package registry, in their shape, written by us from the lab's facts.

ZAP (traditional JSON report) on three Tuesdays, so that something was found, mended and found again; Nuclei (JSON
lines) on the last day. Their times lie in the simulated weeks.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.lab.estate import DOMAIN, GATEWAY
from tests.lab.traffic import DAYS, FIRST_DAY

RISKS: Final = ("Informational", "Low", "Medium", "High")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a scan would tell of one flaw; `scans` are those of the three that have it."""

    number: str
    name: str
    risk: int
    cwe: int
    places: tuple[str, ...]
    says: str
    remedy: str
    parameter: str = ""
    host: str = GATEWAY
    scheme: str = "https"
    scans: tuple[int, ...] = (0, 1, 2)


FACTS: Final = (
    Fact(
        number="40018", name="SQL Injection", risk=3, cwe=89, places=("GET /tracking/v1/track/HL7001",),
        parameter="code", says="The code in the path reaches a statement as it is.",
        remedy="Bind the code as a parameter of the statement.",
    ),
    Fact(
        number="10062", name="PII Disclosure", risk=3, cwe=359, places=("GET /payments/v1/payments/p-7",),
        says="The answer holds a whole card number.", remedy="Answer with the last four digits alone.",
    ),
    Fact(
        number="100034", name="Broken Object Level Authorization", risk=3, cwe=639,
        places=("GET /orders/v1/orders/5001", "GET /orders/v2/orders/5001"), scans=(1, 2),
        says="An order of another customer is answered.", remedy="Compare the order's customer with the caller.",
    ),
    Fact(
        number="100036", name="Debug Endpoint Reachable", risk=3, cwe=489, places=("GET /customers/debug/users",),
        says="Every customer's record is answered without credentials.", remedy="Take the endpoint out.", scans=(2,),
    ),
    Fact(
        number="40008", name="Mass Assignment", risk=2, cwe=915, places=("PATCH /customers/v1/customers/me",),
        parameter="role", says="A role that was sent is kept.", remedy="Take in the listed members alone.",
    ),
    Fact(
        number="100037", name="Token Without Signature Accepted", risk=3, cwe=347, places=("GET /accounts/v1/me",),
        says="A token whose algorithm is none is believed.", remedy="Accept the one algorithm that is used.",
        scans=(0, 2),
    ),
    Fact(
        number="100038", name="No Limit On Log-ins", risk=2, cwe=307, places=("POST /accounts/v1/login",),
        says="A hundred wrong passwords in a minute are all answered.", remedy="Count failures and slow down.",
    ),
    Fact(
        number="100039", name="Missing Authentication", risk=3, cwe=306, places=("GET /notifications/v1/outbox",),
        says="The last messages are answered without credentials.", remedy="Check the token again.", scans=(2,),
    ),
    Fact(
        number="10106", name="HTTP Only Site", risk=2, cwe=311, places=("GET /invoices/v1/invoices",),
        host=f"invoices.{DOMAIN}", scheme="http", says="The site is reached in clear text only.",
        remedy="Speak TLS, and redirect what comes without it.",
    ),
    Fact(
        number="40040", name="CORS Misconfiguration", risk=2, cwe=942, places=("POST /graph/graphql",),
        host=f"shop.{DOMAIN}", says="Every origin is let in, with credentials.", remedy="Name the origins.",
    ),
    Fact(
        number="10021", name="X-Content-Type-Options Header Missing", risk=1, cwe=693,
        places=("GET /tracking/v1/offices", "GET /rates/v1/quotes", "GET /warehouse/v1/stock"),
        says="Browsers may guess the type of the answer.", remedy="Send the header.", scans=(0,),
    ),
    Fact(
        number="10036", name="Server Leaks Version Information", risk=1, cwe=497,
        places=("GET /orders/v1/orders", "GET /payments/health"), says="The header Server tells the version.",
        remedy="Turn the version off.", scans=(0, 1),
    ),
)  # fmt: skip


def keep(folder: Path) -> None:
    """Write the reports."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, days in enumerate((-13, -6, DAYS - 1)):
        at = FIRST_DAY + timedelta(days=days, hours=4)
        told = {
            "@programName": "ZAP", "@version": "2.16.1", "@generated": f"{at:%a, %d %b %Y %H:%M:%S}",
            "created": f"{at:%Y-%m-%dT%H:%M:%S}.000000Z", "site": list(_sites(number)),
        }  # fmt: skip
        (folder / f"zap-{number + 1}.json").write_text(json.dumps(told, indent=1) + "\n")
    at = FIRST_DAY + timedelta(days=DAYS - 1, hours=5)
    lines = [json.dumps(one) for fact in TEMPLATES for one in (_matched(*fact, at),)]
    (folder / "nuclei.jsonl").write_text("\n".join(lines) + "\n")


def _sites(number: int) -> Any:
    held: dict[tuple[str, str], list[Fact]] = {}
    for fact in FACTS:
        if number in fact.scans:
            held.setdefault((fact.scheme, fact.host), []).append(fact)
    for (scheme, host), facts in held.items():
        secure = scheme == "https"
        yield {
            "@name": f"{scheme}://{host}", "@host": host, "@port": "443" if secure else "80",
            "@ssl": str(secure).lower(), "alerts": [_alert(fact) for fact in facts],
        }  # fmt: skip


def _alert(fact: Fact) -> dict[str, Any]:
    return {
        "pluginid": fact.number, "alertRef": fact.number, "alert": fact.name, "name": fact.name,
        "riskcode": str(fact.risk), "confidence": "3", "riskdesc": f"{RISKS[fact.risk]} (High)",
        "desc": f"<p>{fact.says}</p>",
        "instances": [
            {
                "id": str(place), "uri": f"{fact.scheme}://{fact.host}{at}", "method": method,
                "param": fact.parameter, "attack": "", "evidence": "", "otherinfo": "",
            }
            for place, (method, _, at) in enumerate(told.partition(" ") for told in fact.places)
        ],
        "count": str(len(fact.places)), "solution": f"<p>{fact.remedy}</p>", "otherinfo": "", "reference": "",
        "cweid": str(fact.cwe), "wascid": "0", "sourceid": "1",
    }  # fmt: skip


TEMPLATES: Final = (
    ("exposed-debug-users", "Debug Listing Of Users", "critical", 489, f"https://{GATEWAY}/customers/debug/users"),
    ("graphql-introspection", "GraphQL Introspection Enabled", "low", 200, f"https://shop.{DOMAIN}/graph/graphql"),
    ("cors-any-origin", "Any Origin With Credentials", "high", 942, f"https://shop.{DOMAIN}/graph/graphql"),
    (
        "wsdl-exposed",
        "Service Description Exposed",
        "info",
        200,
        f"https://partners.{DOMAIN}/booking/soap/booking/wsdl",
    ),
    ("plain-http-api", "API Over Plain HTTP", "medium", 319, f"http://invoices.{DOMAIN}/invoices/v1/invoices"),
    ("sqli-path-error", "SQL Error From A Path Segment", "high", 89, f"https://{GATEWAY}/tracking/v1/track/HL7001%27"),
)


def _matched(number: str, name: str, severity: str, cwe: int, url: str, at: datetime) -> dict[str, Any]:
    return {
        "template-id": number,
        "info": {
            "name": name, "author": ["harbourline"], "tags": ["api"], "severity": severity,
            "description": f"{name}.", "classification": {"cve-id": None, "cwe-id": [f"cwe-{cwe}"]},
        },
        "type": "http", "host": url.split("/")[2], "matched-at": url, "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000000Z",
        "matcher-status": True,
    }  # fmt: skip
