"""Orders: whoever is signed in reads every order by its number, and an undocumented v2 answers too."""

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("orders")
MOST = 400
ORDERS = {
    str(number): {
        "id": number,
        "customer": f"c-{1000 + number % 60}",
        "status": ("booked", "loaded", "delivered")[number % 3],
        "weight_kg": 20 + number * 7 % 900,
    }
    for number in range(5000, 5000 + MOST)
}


@app.route("GET", "/v1/orders", auth="bearer")
def listed(ask: Ask) -> Told:
    """Return the caller's own orders."""
    return Told(body={"orders": [order for order in ORDERS.values() if order["customer"] == ask.subject][:20]})


@app.route("POST", "/v1/orders", auth="bearer")
def placed(ask: Ask) -> Told:
    """Take an order in."""
    weight = ask.sent().get("weight_kg", 0)
    return Told(201, {"id": 5000 + len(str(weight)), "customer": ask.subject, "status": "booked"})


@app.route("GET", "/v1/orders/{order_id}", auth="bearer")
def one(ask: Ask) -> Told:
    """Return any order: nobody compares its customer with the caller."""
    order = ORDERS.get(ask.named["order_id"])
    return Told(body=order) if order else NOT_FOUND


@app.route("DELETE", "/v1/orders/{order_id}", auth="bearer")
def cancelled(ask: Ask) -> Told:
    """Cancel one of the caller's orders."""
    order = ORDERS.get(ask.named["order_id"])
    return Told(204) if order and order["customer"] == ask.subject else NOT_FOUND


@app.route("GET", "/v2/orders/{order_id}", auth="bearer")
def next_version(ask: Ask) -> Told:
    """Return an order in the shape of a version that nobody described yet."""
    order = ORDERS.get(ask.named["order_id"])
    return Told(body={"data": order, "version": 2}) if order else NOT_FOUND
