"""Invoices: reached in clear text only, on a host of its own."""

from tests.lab.serving import NOT_FOUND, App, Ask, Told

app = App("invoices")


@app.route("GET", "/v1/invoices", auth="bearer")
def listed(ask: Ask) -> Told:
    """Return the caller's invoices."""
    digits = ask.subject[2:]
    own = [f"i-{int(digits) % 60 + 60 * number}" for number in range(2)] if digits.isdigit() else []
    return Told(body={"invoices": own})


@app.route("GET", "/v1/invoices/{invoice_id}", auth="bearer")
def one(ask: Ask) -> Told:
    """Return an invoice, whoever it is for."""
    number = ask.named["invoice_id"].removeprefix("i-")
    if not number.isdigit() or int(number) > 200:
        return NOT_FOUND
    return Told(body={"id": f"i-{number}", "amount": 100 + int(number), "currency": "EUR"})


@app.route("GET", "/v1/invoices/{invoice_id}/document", auth="bearer")
def document(ask: Ask) -> Told:
    """Return an invoice as a page."""
    return Told(body=f"<html><body>Invoice {len(ask.named['invoice_id'])}</body></html>", type="text/html")
