"""Fleet: nothing is wrong with it; a partner fetches all lorries every night, which is no attack."""

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("fleet")
LORRIES = {f"l-{number}": {"id": f"l-{number}", "km": number * 991 % 400_000} for number in range(100, 220)}


@app.route("GET", "/v1/vehicles", auth="key")
def listed(_ask: Ask) -> Told:
    """Return the ids of all lorries."""
    return Told(body={"vehicles": sorted(LORRIES)})


@app.route("GET", "/v1/vehicles/{vehicle_id}", auth="key")
def one(ask: Ask) -> Told:
    """Return one lorry."""
    lorry = LORRIES.get(ask.named["vehicle_id"])
    return Told(body=lorry) if lorry else NOT_FOUND


@app.route("POST", "/v1/vehicles/{vehicle_id}/positions", auth="key")
def position(ask: Ask) -> Told:
    """Take the position of a lorry."""
    return Told(202, {"vehicle": ask.named["vehicle_id"]})


@app.route("GET", "/v1/depots", auth="key")
def depots(_ask: Ask) -> Told:
    """Return the depots."""
    return Told(body={"depots": ["Hamburg", "Antwerp"]})


@app.route("GET", "/health")
def health(_ask: Ask) -> Told:
    """Say that it is well."""
    return Told(body={"status": "ok"})
