"""Pages as people ask for them, on an estate of the size the goal is stated for."""

import time
from collections.abc import Callable
from importlib import import_module
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from bench import machine
from bench.databases import copy_of
from bench.lines import Line
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from tests.addresses import addresses
from tests.estate import Estate, make_estate, tidy
from tests.inventory.access.people import person, signed_in

APIS = 2_000
STATED = 100_000
MOST_SECONDS = 0.1
MOST_QUERIES = 12
REQUESTS = 8
"""Of each page in a round."""
OK = 200


def measure(*, count: int, rounds: int) -> list[Line]:
    """Ask for every page again and again, as a security manager and as the owner of a team.

    From the request to the last byte of the answer, through all middleware, in this process; without a network and
    without the files a browser fetches besides.
    """
    answer_here()
    with copy_of() as _:
        estate = make_estate(apis=APIS, findings=count)
        tidy()
        return lines(estate, rounds=rounds, stated=STATED)


def answer_here() -> None:
    """Let this process answer requests for any host as a web server's does, without the files collected for one."""
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": static}
    settings.ALLOWED_HOSTS = ["*"]
    import_module("posture.asgi")


def people(estate: Estate) -> dict[str, Client]:
    """Return the browsers of a security manager and of the owner of the team that holds the biggest API."""
    held = {
        "security manager": person(OrganisationRole.SECURITY_MANAGER),
        "team owner": person(owner_of=Team.objects.get(slug=estate.team)),
    }
    return {who: signed_in(user) for who, user in held.items()}


def lines(estate: Estate, *, rounds: int, stated: int) -> list[Line]:
    """Return a line for each page of an estate and each of two people."""
    return [
        line
        for who, client in people(estate).items()
        for line in _lines(who, client, estate, rounds * REQUESTS, stated)
    ]


def _lines(who: str, client: Client, estate: Estate, requests: int, stated: int) -> list[Line]:
    asked = (address for address in addresses(estate) if client.get(address).status_code == OK)
    return [_line(who, client, address, estate.findings, requests, stated) for address in asked]


def _line(who: str, client: Client, address: str, findings: int, requests: int, stated: int) -> Line:
    database = connection.cursor().connection.info.backend_pid
    before = machine.load()
    seconds: list[float] = []
    asked: list[str] = []
    spent = -time.process_time() - machine.processor_seconds(str(database))
    with connection.execute_wrapper(_noting(asked)):
        for _ in range(requests):
            began = time.perf_counter()
            client.get(address)
            seconds.append(time.perf_counter() - began)
    spent += time.process_time() + machine.processor_seconds(str(database))
    worst = sorted(seconds)[ceil(len(seconds) * 0.95) - 1]
    return Line(
        name=f"{address}, {who}",
        rows=findings,
        seconds=seconds,
        most=MOST_SECONDS,
        stated=stated,
        of_all=worst,
        queries=ceil(len(asked) / requests),
        most_queries=MOST_QUERIES,
        processor={"all": spent / requests},
        load=f"{before} before, {machine.load()} after",
    )


def _noting(asked: list[str]) -> Callable[..., Any]:
    """Return a wrapper of queries that notes each."""

    def note(execute: Callable[..., Any], statement: str, *given: Any) -> Any:
        asked.append(statement)
        return execute(statement, *given)

    return note
