"""Where mail goes is written as one address."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from posture.env import Mail, mail


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("", Mail()),
        ("smtp://mx.example", Mail(backend="smtp", host="mx.example", port=25)),
        (
            "smtp+starttls://ada%40x.example:p%3Aw@mx.example",
            Mail(backend="smtp", host="mx.example", port=587, user="ada@x.example", password="p:w", starttls=True),
        ),
        ("smtps://mx.example:4465", Mail(backend="smtp", host="mx.example", port=4465, tls=True)),
        ("file:///var/mail%20out", Mail(backend="filebased", folder="/var/mail out")),
    ],
)
def test_an_address_of_mail_is_read(url: str, read: Mail) -> None:
    assert mail(url) == read


@pytest.mark.parametrize("url", ["mx.example", "http://mx.example", "smtp://", "file://relative"])
def test_another_address_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MAIL_URL is not understood"):
        mail(url)
