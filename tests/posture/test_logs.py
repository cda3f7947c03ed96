"""The log tells what a client did wrong in one line, and what we did wrong with where."""

import io
import logging

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path


def refused(request: HttpRequest) -> HttpResponse:
    raise BadRequest(request.path) if "bad" in request.GET else SuspiciousOperation(request.path)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(request.path)


def answered(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(str(exception), status=400 if exception else 500)


handler400 = handler500 = answered
urlpatterns = [path("refused", refused), path("broken", broken)]


@pytest.mark.parametrize(
    ("asked", "host", "lines"),
    [
        ("/refused?bad=1", "testserver", 1),
        ("/refused", "testserver", 1),
        ("/refused", "not.ours.example", 1),
        ("/broken", "testserver", None),
    ],
)
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
def test_a_refused_request_is_one_line_and_a_failed_one_says_where(asked: str, host: str, lines: int | None) -> None:
    text = io.StringIO()
    # It comes after that of the product and is given what that one left.
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    try:
        Client(raise_request_exception=False).get(asked, headers={"host": host})
    finally:
        logging.getLogger().removeHandler(handler)
    told = text.getvalue()
    assert told.count("\n") == lines if lines else "RuntimeError: /broken" in told
