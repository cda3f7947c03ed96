"""Tracking: open to everybody by intent; the code of a parcel goes from the path into a statement as it is."""

import sqlite3
from threading import Lock

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("tracking")
LOCK = Lock()
DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
DATABASE.execute("CREATE TABLE parcel (code TEXT, place TEXT, note TEXT)")
DATABASE.executemany(
    "INSERT INTO parcel VALUES (?, ?, ?)",
    [
        (f"HL{number}", ("Hamburg", "Rotterdam", "Antwerp")[number % 3], f"gate {number}")
        for number in range(7000, 7300)
    ],
)


@app.route("GET", "/v1/track/{code}")
def track(ask: Ask) -> Told:
    """Return where a parcel is."""
    statement = f"SELECT place FROM parcel WHERE code = '{ask.named['code']}'"
    try:
        with LOCK:
            rows = DATABASE.execute(statement).fetchall()
    except sqlite3.Error as error:
        return Told(500, {"error": str(error)})
    return Told(body={"places": [row[0] for row in rows]}) if rows else NOT_FOUND


@app.route("GET", "/v1/offices")
def offices(ask: Ask) -> Told:
    """Return the offices near a city."""
    return Told(body={"offices": [{"city": ask.query.get("city", "Hamburg"), "open": "08:00-18:00"}]})


@app.route("GET", "/health")
def health(_ask: Ask) -> Told:
    """Say that it is well."""
    return Told(body={"status": "ok"})
