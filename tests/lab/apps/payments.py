"""Payments: the answer holds the whole number of the card."""

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("payments")
TEST_CARDS = ("4111111111111111", "5555555555554444", "378282246310005")
"""Numbers that card schemes publish for tests."""


def payment(number: int) -> dict[str, object]:
    """Return one payment."""
    return {
        "id": f"p-{number}",
        "customer": f"c-{1000 + number % 60}",
        "amount": 1250 + number,
        "currency": "EUR",
        "cardNumber": TEST_CARDS[number % 3],
        "cardExpiry": "12/29",
    }


@app.route("GET", "/v1/payments/{payment_id}", auth="bearer")
def one(ask: Ask) -> Told:
    """Return one of the caller's payments, card and all."""
    number = ask.named["payment_id"].removeprefix("p-")
    if not number.isdigit() or payment(int(number))["customer"] != ask.subject:
        return NOT_FOUND
    return Told(body=payment(int(number)))


@app.route("POST", "/v1/payments", auth="bearer")
def made(ask: Ask) -> Told:
    """Take a payment."""
    return Told(201, {"id": "p-900", "customer": ask.subject, "status": "taken"})


@app.route("POST", "/v1/refunds", auth="bearer")
def refunded(ask: Ask) -> Told:
    """Give money back."""
    return Told(202, {"payment": ask.sent().get("payment"), "status": "pending"})


@app.route("GET", "/health")
def health(_ask: Ask) -> Told:
    """Say that it is well."""
    return Told(body={"status": "ok"})
