"""The estate of Harbourline, a freight company that does not exist: its APIs, and their specifications.

A dozen run in the lab (`tests/lab/apps`). The rest are described only, by a seed, so that the whole looks like an
organisation. A specification says what its authors believe: what is undocumented is not in it.
"""

import json
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from tests.lab.serving import App

DOMAIN: Final = "harbourline.example"
GATEWAY: Final = f"api.{DOMAIN}"
TEAMS: Final = ("Payments", "Logistics", "Customers", "Partners", "Platform", "Warehouse")


@dataclass(frozen=True, slots=True)
class Described:
    """An endpoint as its specification has it; `auth` is none, bearer or key, `shape` the properties of its answer."""

    method: str
    path: str
    summary: str
    auth: str = "bearer"
    shape: tuple[str, ...] = ()
    deprecated: bool = False
    sunset: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """An API: where it is reached, whose it is, what is described of it. `slug` names its app in the lab, if any."""

    slug: str
    title: str
    team: str
    base: str
    endpoints: tuple[Described, ...]
    version: str = "1.4.0"

    @property
    def host(self) -> str:
        """The host of its address."""
        return urlsplit(self.base).netloc

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.base).path


def _at(slug: str, *, host: str = GATEWAY, scheme: str = "https") -> str:
    return f"{scheme}://{host}/{slug}"


D = Described
RUNNING: Final = (
    Service("orders", "Orders", "Logistics", _at("orders"), (
        D("GET", "/v1/orders", "Own orders"),
        D("POST", "/v1/orders", "Place an order"),
        D("GET", "/v1/orders/{orderId}", "One order", shape=("id", "customer", "status", "weight_kg")),
        D("DELETE", "/v1/orders/{orderId}", "Cancel an order"),
    )),
    Service("customers", "Customers", "Customers", _at("customers"), (
        D("GET", "/v1/customers/me", "Own record", shape=("id", "name", "email", "role")),
        D("PATCH", "/v1/customers/me", "Change the own record", shape=("id", "name", "email", "role")),
        D("GET", "/v1/addresses", "Own addresses"),
    )),
    Service("accounts", "Accounts", "Customers", _at("accounts"), (
        D("POST", "/v1/login", "Log in", auth="none"),
        D("POST", "/v1/refresh", "Fresh token"),
        D("GET", "/v1/me", "Who the caller is"),
        D("DELETE", "/v1/sessions/{sessionId}", "End a session"),
    )),
    Service("payments", "Payments", "Payments", _at("payments"), (
        D("GET", "/v1/payments/{paymentId}", "One payment",
          shape=("id", "amount", "currency", "cardNumber", "cardExpiry")),
        D("POST", "/v1/payments", "Take a payment"),
        D("POST", "/v1/refunds", "Give money back"),
        D("GET", "/health", "Is it well", auth="none"),
    )),
    Service("tracking", "Tracking", "Logistics", _at("tracking"), (
        D("GET", "/v1/track/{code}", "Where a parcel is", auth="none", shape=("places",)),
        D("GET", "/v1/offices", "Offices near a city", auth="none"),
        D("GET", "/health", "Is it well", auth="none"),
    )),
    Service("rates", "Rates", "Partners", _at("rates"), (
        D("GET", "/v1/quotes", "A quote", auth="key", shape=("price", "currency")),
        D("GET", "/v0/quote", "A quote, as before", auth="key", deprecated=True),
        D("GET", "/v1/surcharges", "Surcharges in force", auth="key"),
        D("PUT", "/v1/surcharges/{name}", "Set a surcharge", auth="key"),
    )),
    Service("fleet", "Fleet", "Logistics", _at("fleet"), (
        D("GET", "/v1/vehicles", "All lorries", auth="key"),
        D("GET", "/v1/vehicles/{vehicleId}", "One lorry", auth="key"),
        D("POST", "/v1/vehicles/{vehicleId}/positions", "Position of a lorry", auth="key"),
        D("GET", "/v1/depots", "Depots", auth="key"),
        D("GET", "/health", "Is it well", auth="none"),
    )),
    Service("notifications", "Notifications", "Platform", _at("notifications"), (
        D("POST", "/v1/messages", "Send a message"),
        D("GET", "/v1/outbox", "Last messages"),
        D("GET", "/v1/templates", "Texts of messages"),
        D("POST", "/v1/push", "Send to a phone", sunset="2025-06-30"),
    )),
    Service("warehouse", "Warehouse", "Warehouse", _at("warehouse"), (
        D("GET", "/v1/stock", "What lies where", auth="key"),
        D("GET", "/v1/stock/{sku}", "How much of one thing", auth="key"),
        D("POST", "/v1/movements", "A movement", auth="key"),
        D("GET", "/v1/pallets/{palletId}/history", "Where a pallet was", auth="key"),
        D("GET", "/health", "Is it well", auth="none"),
    )),
    Service("invoices", "Invoices", "Payments", _at("invoices", host=f"invoices.{DOMAIN}", scheme="http"), (
        D("GET", "/v1/invoices", "Own invoices"),
        D("GET", "/v1/invoices/{invoiceId}", "One invoice", shape=("id", "amount", "currency")),
        D("GET", "/v1/invoices/{invoiceId}/document", "An invoice as a page"),
    )),
    Service("booking", "Booking (SOAP)", "Partners", _at("booking", host=f"partners.{DOMAIN}"), (
        D("POST", "/soap/booking", "Every operation", auth="key"),
        D("GET", "/soap/booking/wsdl", "Description of the service", auth="none"),
    )),
    Service("graph", "Graph", "Platform", _at("graph", host=f"shop.{DOMAIN}"), (
        D("POST", "/graphql", "Every query", auth="none"),
    )),
)  # fmt: skip

THINGS: Final = {
    "Payments": ("Ledger", "Tax", "Settlements", "Credit notes", "Currencies"),
    "Logistics": ("Routes", "Customs", "Harbour slots", "Containers", "Carbon"),
    "Customers": ("Preferences", "Loyalty", "Consents", "Reviews"),
    "Partners": ("Contracts", "Onboarding", "Statements", "Partner search"),
    "Platform": ("Feature flags", "Files", "Audit feed", "Identity links", "Search"),
    "Warehouse": ("Picking", "Returns", "Labels", "Docks", "Inventory count"),
}
PARTS: Final = ("items", "entries", "events", "summaries", "attachments", "members", "versions")


def described(seed: int) -> tuple[Service, ...]:
    """Return the APIs that are described only."""
    chance, found = Random(seed), []
    for team, titles in THINGS.items():
        for title in titles:
            slug = title.lower().replace(" ", "-")
            endpoints = [D("GET", "/health", "Is it well", auth="none")]
            for part in chance.sample(PARTS, chance.randint(2, 5)):
                auth = chance.choice(("bearer", "bearer", "key"))
                endpoints += [
                    D("GET", f"/v1/{part}", f"List {part}", auth=auth),
                    D("GET", f"/v1/{part}/{{id}}", f"One of the {part}", auth=auth, shape=("id", "name", "state")),
                    D("POST", f"/v1/{part}", f"Add to {part}", auth=auth),
                ]
                if chance.random() < 0.3:
                    endpoints.append(D("DELETE", f"/v1/{part}/{{id}}", f"Take out of {part}", auth=auth))
            scheme = "http" if chance.random() < 0.1 else "https"
            host = f"{team.lower()}.{DOMAIN}"
            version = f"{chance.randint(0, 4)}.{chance.randint(0, 9)}.0"
            found.append(Service(slug, title, team, _at(slug, host=host, scheme=scheme), tuple(endpoints), version))
    return tuple(found)


def app_of(service: Service) -> App:
    """Return the program of an API that runs in the lab."""
    app: App = import_module(f"tests.lab.apps.{service.slug}").app
    return app


SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
}


def specification(service: Service, *, server: str = "") -> str:
    """Return an OpenAPI 3.0 document; `server` stands in for its address where a tool is to reach the lab."""
    paths: dict[str, dict[str, Any]] = {}
    used = sorted({one.auth for one in service.endpoints} - {"none"})
    for one in service.endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {
                "title": service.title,
                "version": service.version,
                "description": f"{service.title} of Harbourline.",
                "contact": {"name": service.team},
            },
            "servers": [{"url": server or service.base}],
            "paths": paths,
            "components": {"securitySchemes": {name: SCHEMES[name] for name in used}},
        },
        indent=1,
    )


def _operation(one: Described) -> dict[str, Any]:
    shape = {name: {"type": "string", "maxLength": 200} for name in one.shape}
    content = {"application/json": {"schema": {"type": "object", "properties": shape}}}
    good = {"201" if one.method == "POST" else "200": {"description": "As asked", "content": content}}
    operation: dict[str, Any] = {
        "operationId": f"{one.method.lower()}{''.join(part.title() for part in _words(one.path))}",
        "summary": one.summary,
        "parameters": [
            {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "maxLength": 40}}
            for part in one.path.split("/")
            if part.startswith("{")
        ],
        "responses": {**good, "404": {"description": "Not found"}},
        "security": [] if one.auth == "none" else [{one.auth: []}],
    }
    if one.auth != "none":
        operation["responses"]["401"] = {"description": "Not signed in"}
    if one.method in {"POST", "PATCH", "PUT"}:
        operation["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    if one.deprecated:
        operation["deprecated"] = True
    if one.sunset:
        operation["x-sunset"] = one.sunset
    return operation


def _words(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part]
