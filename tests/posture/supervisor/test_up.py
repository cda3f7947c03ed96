import http.client
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from posture.supervisor.postgres import free_port
from posture.supervisor.services import Services
from tests.conftest import TOLD, RecordProperty
from tests.posture.supervisor.processes import alive, descendants, until, without
from tests.product import Product


def refused(product: Product) -> str:
    """Start it and return the one line it says when it cannot; nothing else is printed and the code is 2."""
    process = product.start().process
    assert process
    assert process.wait(60) == 2
    (line,) = product.problems.read_text().splitlines()
    assert product.said() == ""
    return line


def children(product: Product) -> dict[str, int]:
    """Return the pids of the tree's children by a word of their commands."""
    assert product.process
    words = ("bin/postgres", "redis-server", "granian", "--queues short", "--queues small", "--queues bulk", " beat ")
    direct = {
        pid: command for pid, command in descendants(product.process.pid).items() if f"\nPPid:\t{product.process.pid}\n"
        in Path(f"/proc/{pid}/status").read_text()
    }  # fmt: skip
    return {word: pid for word in words for pid, command in direct.items() if word in command}


def status_of(address: str) -> int:
    """Return the status of a page, 0 when nobody answers."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        line.request("GET", parts.path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def test_a_port_in_use_is_named_before_anything_is_made(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused(Product(home, PORT=str(port)))
    assert line == f"Port {port} on 127.0.0.1 cannot be used: Address already in use. Set PORT to another one."
    assert not home.exists()


def test_a_database_address_nobody_answers_at_is_named_before_anything_is_made(home: Path) -> None:
    line = refused(Product(home, DATABASE_URL=f"postgresql://x:secret@127.0.0.1:{free_port()}/posture"))
    assert line.startswith("DATABASE_URL is set, but no PostgreSQL answers at 127.0.0.1: Connection refused.")
    assert not home.exists()


def test_a_running_home_is_named_with_its_process(made: Path) -> None:
    with Services(made, throwaway=False, environ=without()):
        line = refused(Product(made))
    assert line.startswith(f"The home {made} is in use by a running Posture (process {os.getpid()});")


def test_a_damaged_home_is_named_and_left_alone(made: Path) -> None:
    (made / "pg" / "global" / "pg_control").unlink()
    line = refused(Product(made))
    assert line.startswith(f"The database in {made}/pg is damaged (it has no global/pg_control); restore it")
    assert not (made / "pg" / "postmaster.pid").exists()


def test_a_home_of_another_postgresql_is_named_and_left_alone(made: Path) -> None:
    (made / "pg" / "PG_VERSION").write_text("12\n")
    assert refused(Product(made)).startswith(f"The database in {made}/pg was made by PostgreSQL 12, and the one here")


def test_a_home_that_lost_its_keys_is_named_and_gets_no_new_ones(made: Path) -> None:
    (made / "keys" / "digest").unlink()
    line = refused(Product(made))
    assert f"its key {made}/keys/digest is missing or empty; restore it" in line
    assert not (made / "keys" / "digest").exists()


def test_a_home_that_cannot_be_written_is_named(home: Path) -> None:
    product = Product(home)
    product.environment["POSTURE_HOME"] = "/proc/posture"
    assert refused(product).startswith("The home /proc/posture cannot be used")


def test_a_setting_that_cannot_be_is_named_as_the_settings_say_it(made: Path) -> None:
    process = Product(made, DEMO="perhaps")
    assert process.start().process
    assert process.process
    assert process.process.wait(60) == 2
    assert process.problems.read_text() == "DEMO is 'perhaps'; write 1 or 0.\n"


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """Return a home that the slow tests below start again and again."""
    base = Path(tempfile.mkdtemp(prefix="ph-"))
    yield base / "h"
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def product(shared_home: Path) -> Iterator[Product]:
    """Run the whole product."""
    running = Product(shared_home).start().ready()
    yield running
    running.stop()


@pytest.mark.slow
def test_a_second_start_prepares_nothing_and_shows_the_same_people(home: Path, record_property: RecordProperty) -> None:
    first = Product(home).start().ready()
    people = first.people()
    assert len(people) >= 7
    assert first.stop() == 0
    assert "Preparing" in first.said()
    seconds = first.seconds
    again = Product(home).start().ready()
    assert again.people() == people
    assert again.stop() == 0
    assert (home / "demo-people").stat().st_mode & 0o777 == 0o600
    assert "Preparing" not in again.said()
    load = os.getloadavg()[0]
    record_property(TOLD, f"Starts: first {seconds} s, second {again.seconds} s (load {load:.1f}).")


@pytest.mark.slow
def test_the_demo_is_loaded_once_and_a_kill_in_between_is_gone_on_from(
    home: Path, record_property: RecordProperty
) -> None:
    first = Product(home, DEMO_DATA="1").start().ready()
    first.until(r"^Loading the demo, step 2 of \d+: read the specifications\.$", 300)
    assert first.process
    first.process.kill()
    first.process.wait()
    again = Product(home, DEMO_DATA="1").start().ready()
    seconds = again.until(r"^The demo is loaded \((\d+) s after the start\)\.$", 500)[1]
    assert again.stop() == 0
    third = Product(home, DEMO_DATA="1").start().ready()
    assert third.stop() == 0
    assert "Loading the demo" not in third.said()
    load = os.getloadavg()[0]
    record_property(TOLD, f"Demo, after a kill: loaded {seconds} s after the start (load {load:.1f}).")


@pytest.mark.slow
def test_a_start_without_demo_prints_a_link_for_the_first_administrator(home: Path) -> None:
    product = Product(home, DEMO="0").start().ready()
    link = product.until(r"^Make the first administrator \(the link works once\): (\S+)$")[1]
    assert link.startswith(f"http://localhost:{product.port}/welcome/")
    assert status_of(link) == 200
    assert product.people() == {}
    assert product.stop() == 0


@pytest.mark.slow
def test_a_killed_parent_leaves_no_orphan_and_the_home_starts_again(product: Product, shared_home: Path) -> None:
    assert product.process
    below = descendants(product.process.pid)
    assert len(children(product)) == 7
    assert len(below) >= 12  # PostgreSQL's own, two web workers, two pools
    product.process.kill()
    product.process.wait()
    assert until(lambda: not alive(below), 5), alive(below)
    again = Product(shared_home).start().ready()
    assert again.stop() == 0


@pytest.mark.slow
def test_ctrl_c_stops_everything_and_says_so(product: Product) -> None:
    assert product.process
    below = descendants(product.process.pid)
    assert product.stop() == 0
    assert re.search(r"\nStopping\.\nStopped in [\d.]+ s\.\n$", product.said())
    assert until(lambda: not alive(below), 1), alive(below)


@pytest.mark.slow
def test_each_child_that_dies_is_named_and_comes_back_and_the_page_with_it(product: Product) -> None:
    before = children(product)
    names = {
        "bin/postgres": "PostgreSQL", "redis-server": "Redis", "granian": "Web",
        "--queues short": "Worker short", "--queues small": "Worker small",
        "--queues bulk": "Worker bulk", " beat ": "Clock",
    }  # fmt: skip
    for word, name in names.items():
        os.kill(before[word], signal.SIGKILL)
        product.until(rf"^{name} died \(killed by SIGKILL\); starting it again in 0.5 s\. Its log: {product.home}")
    assert until(lambda: set(children(product)) == set(names), 60)
    assert not set(children(product).values()) & set(before.values())
    assert until(lambda: status_of(f"{product.base_url}/login/") == 200, 60)
    assert product.said().count(" died ") == len(names)


@pytest.mark.slow
def test_services_of_ones_own_are_used_and_equal_roles_are_warned_of(home: Path) -> None:
    with Services(home.with_name("own"), throwaway=False, environ=without()) as services:
        owner = services.database_owner_url
        product = Product(home, DATABASE_URL=owner, REDIS_URL=services.redis_url).start().ready()
        assert "Warning: DATABASE_URL and DATABASE_OWNER_URL name the same role" in product.problems.read_text()
        assert children(product).keys() == {"granian", "--queues short", "--queues small", "--queues bulk", " beat "}
        assert product.stop() == 0
    assert not (home / "pg").exists()
