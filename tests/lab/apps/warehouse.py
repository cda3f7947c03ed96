"""Warehouse: nothing is wrong with it; a part of what it describes was never called."""

from tests.lab.serving import App, Ask, Told

app = App("warehouse")


@app.route("GET", "/v1/stock", auth="key")
def stock(_ask: Ask) -> Told:
    """Return what lies where."""
    return Told(body={"stock": [{"sku": "pallet", "count": 410}]})


@app.route("GET", "/v1/stock/{sku}", auth="key")
def one(ask: Ask) -> Told:
    """Return how much of one thing there is."""
    return Told(body={"sku": ask.named["sku"], "count": len(ask.named["sku"]) * 10})


@app.route("POST", "/v1/movements", auth="key")
def movement(ask: Ask) -> Told:
    """Take a movement in."""
    return Told(201, {"sku": ask.sent().get("sku"), "ok": True})


@app.route("GET", "/v1/pallets/{pallet_id}/history", auth="key")
def history(ask: Ask) -> Told:
    """Return where a pallet was."""
    return Told(body={"pallet": ask.named["pallet_id"], "moves": []})


@app.route("GET", "/health")
def health(_ask: Ask) -> Told:
    """Say that it is well."""
    return Told(body={"status": "ok"})
