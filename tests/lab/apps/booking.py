"""Booking: SOAP 1.1 for partners of old; its answers are read without entities by its callers."""

import re

from tests.lab.serving import App, Ask, Told

app = App("booking")
NUMBER = re.compile(rb"<(?:\w+:)?booking>(\w{1,20})</")
ENVELOPE = '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'


@app.route("POST", "/soap/booking", auth="key")
def call(ask: Ask) -> Told:
    """Answer every operation: the service has one address."""
    found = NUMBER.search(ask.body)
    number = found[1].decode() if found else "new"
    return Told(body=ENVELOPE.format(f"<state booking='{number}'>confirmed</state>"), type="text/xml")


@app.route("GET", "/soap/booking/wsdl", auth="none")
def description(_ask: Ask) -> Told:
    """Return the description of the service."""
    return Told(body='<definitions name="Booking"/>', type="text/xml")
