"""Whatever data names a place to ask, it is not asked: every forbidden target through every way in and out.

Ways out of the product are: runs and trials of connections (`inventory.sources.web` alone asks; webhooks are sent to,
and ask nobody), and mail, which goes to the operator's server alone. The canary listens on an address that no
connection is allowed, and counts who connects.
"""

import socket
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from findings.services.connections import Asked, run_connection
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.access.services.resets import send_reset
from inventory.errors import ConnectionRefused
from inventory.jobs.services.wayout import Limits, Question, fetch
from inventory.jobs.targets import FetchFailed, TargetRefused, parse_allowed
from inventory.models import Connection, Run
from inventory.services.connections import Wanted, create_connection
from inventory.services.visits import Ask, try_connection
from inventory.sources.base import sources
from tests.conftest import TOLD, RecordProperty
from tests.faults.names import name_server
from tests.findings.reports import NOW
from tests.inventory.access.people import person
from tests.inventory.jobs.forbidden import ADDRESSES, URLS
from tests.inventory.jobs.services.canary import Server, said, serving

pytestmark = pytest.mark.django_db
QUICK = Limits(seconds=5, most=1 << 20, redirects=3)


@pytest.fixture(scope="module")
def canary() -> Iterator[Server]:
    """Listen where nothing may come."""
    with serving(said("200 OK", b"inside")) as server:
        yield server


def targets(port: int) -> list[str]:
    """Return every forbidden target; those with a host of their own also on the canary's port."""
    bare = [f"http://[{address}]/" if ":" in address else f"http://{address}/" for address in ADDRESSES]
    hosts = []
    for url in (*URLS, *bare):
        try:
            place = urlsplit(url).netloc if url.startswith("http") else ""
        except ValueError:
            continue
        if place not in {"", "shop.example"} and not place.rpartition("]")[2].count(":"):
            hosts.append(f"http://{place}:{port}/")
    return list(dict.fromkeys((*URLS, *bare, *hosts)))


def manager() -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=NOW)


def inside(_host: str, _port: int) -> list[str]:
    """Look every name up as the canary's address."""
    return ["127.0.0.1"]


def wanted(url: str, *egress: str) -> Wanted:
    return Wanted(kind="url", name="Feed", options={"urls": url}, egress=egress)


def ask(*egress: str) -> Ask:
    """Return the way out of a connection, where every name leads inside."""
    return partial(fetch, allowed=parse_allowed(egress), limits=QUICK, resolve=inside)


def run(connection: Connection, way: Ask) -> Run:
    return run_connection(connection=connection, asked=Asked(principal=connection.principal, ask=way), now=NOW)


def test_no_forbidden_target_can_be_stored_in_a_connection(canary: Server, record_property: RecordProperty) -> None:
    """A name that leads inside is no such target: where it leads is seen when it is asked."""
    principal, refused, taken = manager(), 0, []
    for url in targets(canary.port):
        if url != url.strip():
            continue  # as a person pastes it: what is left is the open address itself
        try:
            create_connection(wanted=wanted(url, f"port {canary.port}"), principal=principal, now=NOW)
        except ConnectionRefused:
            refused += 1
        else:
            taken.append(url)
            Connection.objects.all().delete()
    record_property(TOLD, f"Forbidden targets refused in the form of a connection: {refused}")
    assert taken == []
    assert refused > 600
    assert canary.connections == 0


def test_no_forbidden_target_of_a_stored_connection_is_asked(canary: Server, record_property: RecordProperty) -> None:
    """As if they had got past the form: by an older release, a restored copy, a change of the rules."""
    connection = create_connection(
        wanted=wanted("https://shop.example/a", f"port {canary.port}"), principal=manager(), now=NOW
    )
    everything = [url for url in targets(canary.port) if "\x00" not in url]
    named = [f"http://{name}:{canary.port}/x" for name in ("localhost", "shop.example", "a.localhost", "metadata")]
    Connection.objects.update(options={"urls": [*everything, *named], "header": ""})
    done = run(connection, ask(f"port {canary.port}"))
    assert done.state == "failed"
    count = len(everything) + len(named)
    assert done.counts == {"taken": 0, "unchanged": 0, "left": count, "faults": count}
    record_property(TOLD, f"Forbidden targets left by the run of a connection: {count}")
    assert canary.connections == 0


def test_a_trial_asks_no_more_than_a_run(canary: Server) -> None:
    principal = manager()
    connection = create_connection(wanted=wanted("https://shop.example/a"), principal=principal, now=NOW)
    for url in [f"http://{name}:{canary.port}/" for name in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]")]:
        Connection.objects.update(options={"urls": [url], "header": ""}, egress=[f"port {canary.port}"])
        connection.refresh_from_db()
        assert all(tried.fault for tried in try_connection(connection=connection, principal=principal, now=NOW))
    assert canary.connections == 0


def test_no_redirect_of_an_allowed_server_leads_to_a_forbidden_target(
    canary: Server, record_property: RecordProperty
) -> None:
    """The same targets once more, as what a server answers; and joined to its own address, `//` first."""
    answers = [url for url in targets(canary.port) if url.isascii() and url.isprintable()]
    joined = [url.partition(":")[2] for url in answers if url.startswith("http://")]
    everything = [*answers, *(url for url in joined if url.startswith("//"))]
    current: list[str] = []

    def send_on(line: socket.socket, head: bytes) -> None:
        said("302 Found", Location=current[-1])(line, head)

    with serving(send_on, "127.0.0.2") as door:
        allowed = parse_allowed(["127.0.0.2/32", f"port {canary.port}", f"port {door.port}"])
        for url in everything:
            current.append(url)
            # Where it is no address at all, it is a path of the server itself, and followed in a circle.
            with pytest.raises(FetchFailed):
                fetch(Question(url=f"http://127.0.0.2:{door.port}/"), allowed=allowed, limits=QUICK, resolve=inside)
        assert door.connections >= len(everything)
    record_property(TOLD, f"Forbidden targets not followed as redirects: {len(everything)}")
    assert len(everything) > 600
    assert canary.connections == 0


def test_a_name_server_that_changes_its_mind_gains_nothing(canary: Server) -> None:
    """The name leads to an allowed address when it is judged, and to the canary the moment after."""
    url = f"http://shop.example:{canary.port}/"
    allowed = parse_allowed(["127.0.0.2/32", f"port {canary.port}"])
    again = said("302 Found", Location=url)
    with name_server("127.0.0.2", "127.0.0.1") as names, serving(again, "127.0.0.2", canary.port) as door:
        for turn in range(1, 21):
            with pytest.raises(TargetRefused, match=r"127\.0\.0\.1"):
                fetch(Question(url=url), allowed=allowed, limits=QUICK, resolve=names.resolve)
            # One look-up for each connection, and each connection to what was judged.
            assert (door.connections, len(names.asked)) == (turn, 2 * turn)
    assert set(names.asked) == {"shop.example"}
    assert canary.connections == 0


def test_what_one_connection_may_reach_no_other_may_and_the_trail_tells(canary: Server) -> None:
    principal = manager()
    egress = ("127.0.0.1/32", f"port {canary.port}")
    here = f"http://127.0.0.1:{canary.port}/a"
    may = create_connection(wanted=wanted(here, *egress), principal=principal, now=NOW)
    told = StateChange.objects.get(kind="connection", code=may.code, verb="created").new
    assert told
    assert told["egress"] == list(egress)
    before = canary.connections
    run_connection(connection=may, asked=Asked(principal=may.principal), now=NOW)
    assert canary.connections == before + 1
    may_not = create_connection(
        wanted=Wanted(kind="url", name="Other", options={"urls": "https://shop.example/"}), principal=principal, now=NOW
    )
    Connection.objects.filter(pk=may_not.pk).update(options={"urls": [here], "header": ""})
    done = run_connection(connection=may_not, asked=Asked(principal=may_not.principal), now=NOW)
    assert done.state == "failed"
    assert canary.connections == before + 1
    canary.connections = 0


def test_no_other_kind_of_connection_asks_anybody() -> None:
    """A new kind is looked at here first: data may tell it where to go."""
    assert {source.slug for source in sources()} == {"url", "folder", "webhook"}


def test_mail_leads_to_our_own_address_whatever_the_request_says(client: Client, settings: Settings) -> None:
    """Nor does anybody but the person named get it."""
    user = person(OrganisationRole.ANALYST)
    user.set_password("a long enough password")
    user.save()
    settings.ALLOWED_HOSTS = ["*"]
    for host in ("evil.example", "127.0.0.1", "posture.example:80@evil.example"):
        client.post("/password/reset/", {"email": user.email}, headers={"host": host, "x-forwarded-host": host})
    assert send_reset(email=user.email)
    assert not send_reset(email=f"{user.email}\nBcc: other@evil.example")
    [message] = mail.outbox
    assert message.recipients() == [user.email]
    assert "evil.example" not in message.message().as_string()
    assert settings.BASE_URL in message.body
