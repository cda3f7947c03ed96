"""Rates: v0 was deprecated long ago, and a partner still calls it."""

from tests.lab.serving import App, Ask, Told

app = App("rates")


def price(ask: Ask) -> int:
    """Return the price of a quote."""
    weight = ask.query.get("weight", "10")
    return 900 + 12 * (int(weight) if weight.isdigit() else 10)


@app.route("GET", "/v1/quotes", auth="key")
def quote(ask: Ask) -> Told:
    """Return a quote."""
    return Told(body={"price": price(ask), "currency": "EUR"})


@app.route("GET", "/v0/quote", auth="key")
def old_quote(ask: Ask) -> Told:
    """Return a quote in the shape of before."""
    return Told(body={"p": price(ask)})


@app.route("GET", "/v1/surcharges", auth="key")
def surcharges(_ask: Ask) -> Told:
    """Return the surcharges in force."""
    return Told(body={"surcharges": [{"name": "fuel", "percent": 14}]})


@app.route("PUT", "/v1/surcharges/{name}", auth="key")
def set_surcharge(ask: Ask) -> Told:
    """Set a surcharge."""
    return Told(body={"name": ask.named["name"], "percent": ask.sent().get("percent", 0)})
