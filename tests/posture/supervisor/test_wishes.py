import socket
from pathlib import Path

import pytest

from posture.supervisor import wishes
from posture.supervisor.postgres import free_port
from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "80.5"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(Trouble, match=rf"^PORT is '{port}'; write a number from 1 to 65535.$"):
        wishes.read({"PORT": port})


def test_a_start_without_wishes_serves_port_8000_on_loopback() -> None:
    wish = wishes.read({})
    assert (wish.host, wish.port, wish.base_url) == ("127.0.0.1", 8000, "http://localhost:8000")


def test_a_port_somebody_listens_on_is_seen_as_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        wish = wishes.read({"PORT": str(other.getsockname()[1])})
        assert wish.web_problem() == "Address already in use"
        assert not wish.web_answers()
    assert wish.web_problem() == ""


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
def test_a_database_nobody_answers_for_is_named(name: str) -> None:
    with pytest.raises(Trouble, match=rf"^{name} is set, but no PostgreSQL answers at 127.0.0.1: Connection refused"):
        wishes.check_addresses({name: f"postgresql://x:secret@127.0.0.1:{free_port()}/posture"})
    with pytest.raises(Trouble, match=rf"^{name} is set, but no PostgreSQL answers at /nowhere: No such file"):
        wishes.check_addresses({name: "postgresql://x:secret@/posture?host=%2Fnowhere"})


def test_an_address_of_another_kind_of_database_is_named() -> None:
    with pytest.raises(Trouble, match="DATABASE_URL is set, but starts with 'mysql', not postgresql://"):
        wishes.check_addresses({"DATABASE_URL": "mysql://x@y/z"})


def test_a_redis_nobody_answers_for_is_named_without_its_password() -> None:
    port = free_port()
    with pytest.raises(Trouble, match=rf"no Redis answers at 127.0.0.1:{port}: Connection refused") as caught:
        wishes.check_addresses({"REDIS_URL": f"redis://:secret@127.0.0.1:{port}/0"})
    assert "secret" not in str(caught.value)


def test_a_redis_that_wants_another_password_is_named(running: Services, home: Path) -> None:
    assert running.redis
    with Services(home, throwaway=True, environ={}) as other:
        assert other.redis
        wrong = other.redis_url.replace(other.redis.password, "wrong")
        with pytest.raises(Trouble, match=r"no Redis answers at 127.0.0.1:\d+: .*(WRONGPASS|invalid)"):
            wishes.check_addresses({"REDIS_URL": wrong})
        wishes.check_addresses({"REDIS_URL": other.redis_url, "DATABASE_URL": other.database_url})


def test_one_role_for_both_addresses_is_seen() -> None:
    assert wishes.equal_roles("postgresql://a:1@h/d", "postgresql://a:2@h/d")
    assert not wishes.equal_roles("postgresql://a:1@h/d", "postgresql://b:1@h/d")
