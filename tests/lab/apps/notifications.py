"""Notifications: the outbox is described as signed and answers to anybody."""

from tests.lab.serving import App, Ask, Told

app = App("notifications")


@app.route("POST", "/v1/messages", auth="bearer")
def sent(ask: Ask) -> Told:
    """Send a message."""
    return Told(202, {"to": ask.subject})


@app.route("GET", "/v1/outbox")
def outbox(_ask: Ask) -> Told:
    """Return the last messages; the check of the token was lost in a rewrite."""
    return Told(body={"messages": [{"to": "c-1003", "text": "Your parcel is on its way."}]})


@app.route("GET", "/v1/templates", auth="bearer")
def templates(_ask: Ask) -> Told:
    """Return the texts of messages."""
    return Told(body={"templates": ["on its way", "delivered"]})


@app.route("POST", "/v1/push", auth="bearer")
def push(_ask: Ask) -> Told:
    """Send to a phone; its sunset has passed."""
    return Told(202, {"queued": True})
