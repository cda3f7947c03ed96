"""Customers: a patch may set anything, the role too, and a debug address tells all of everybody."""

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("customers")
CUSTOMERS = {
    f"c-{number}": {
        "id": f"c-{number}",
        "name": f"Customer {number}",
        "email": f"customer{number}@mail.example",
        "role": "customer",
        "password_hash": f"{number * 7919:x}",
    }
    for number in range(1000, 1060)
}
SHOWN = ("id", "name", "email", "role")


@app.route("GET", "/v1/customers/me", auth="bearer")
def own(ask: Ask) -> Told:
    """Return the caller's own record."""
    record = CUSTOMERS.get(ask.subject)
    return Told(body={name: record[name] for name in SHOWN}) if record else NOT_FOUND


@app.route("PATCH", "/v1/customers/me", auth="bearer")
def changed(ask: Ask) -> Told:
    """Change the caller's record to whatever was sent."""
    record = dict(CUSTOMERS.get(ask.subject, {}))
    if not record:
        return NOT_FOUND
    record.update(ask.sent())
    return Told(body={name: record.get(name) for name in SHOWN})


@app.route("GET", "/v1/addresses", auth="bearer")
def addresses(ask: Ask) -> Told:
    """Return the caller's addresses."""
    return Told(body={"addresses": [{"owner": ask.subject, "city": "Rotterdam"}]})


@app.route("GET", "/debug/users")
def dump(_ask: Ask) -> Told:
    """Return every record with its password's hash; a left-over of a test day."""
    return Told(body={"users": list(CUSTOMERS.values())})
