"""Accounts: a log-in that fails answers 200, as often as one likes, and tokens without signature are believed."""

from tests.lab import tokens
from tests.lab.serving import App, Ask, Told

app = App("accounts")
PASSWORD = "correct horse"


@app.route("POST", "/v1/login")
def login(ask: Ask) -> Told:
    """Return a token, or say with 200 that it failed; nobody counts the tries."""
    sent = ask.sent()
    name = str(sent.get("username", ""))
    if sent.get("password") != PASSWORD or not name.startswith("c-"):
        return Told(body={"status": "fail"})
    return Told(body={"status": "ok", "token": tokens.made(name, issued=ask.now)})


@app.route("POST", "/v1/refresh", auth="bearer")
def refresh(ask: Ask) -> Told:
    """Return a fresh token."""
    return Told(body={"token": tokens.made(ask.subject, issued=ask.now)})


@app.route("GET", "/v1/me")
def own(ask: Ask) -> Told:
    """Say who the caller is; a token that says `alg: none` is believed."""
    token = ask.headers.get("authorization", "").partition(" ")[2]
    if tokens.head_of(token).get("alg") == "none":
        return Told(body={"sub": tokens.claims_of(token).get("sub"), "roles": ["customer"]})
    subject = tokens.subject_of(token, now=ask.now)
    return Told(body={"sub": subject, "roles": ["customer"]}) if subject else Told(401, {"error": "sign in"})


@app.route("DELETE", "/v1/sessions/{session_id}", auth="bearer")
def ended(_ask: Ask) -> Told:
    """End a session."""
    return Told(204)
