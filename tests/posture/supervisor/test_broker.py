import signal
from pathlib import Path

import pytest
import redis

from posture.supervisor.broker import answers
from posture.supervisor.postgres import free_port
from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble
from tests.posture.supervisor.processes import command_of


def client(services: Services) -> "redis.Redis":
    return redis.Redis.from_url(services.redis_url.replace("redis+socket://", "unix://"))


def test_redis_keeps_what_it_holds_over_a_kill(services: Services) -> None:
    assert services.redis
    assert services.redis.process
    with client(services) as line:
        line.set("job", "7")
    services.redis.process.send_signal(signal.SIGKILL)
    services.redis.process.wait()
    address = services.redis_url
    services.redis.start(lambda: None)
    assert services.redis.url() == address
    with client(services) as line:
        assert line.get("job") == b"7"


def test_commands_nobody_needs_are_refused(running: Services) -> None:
    with client(running) as line:
        for command in ("CONFIG GET dir", "DEBUG SLEEP 0", "MODULE LIST", "REPLICAOF NO ONE"):
            with pytest.raises(redis.ResponseError, match="unknown command"):
                line.execute_command(*command.split())


def test_the_password_is_on_no_command_line(running: Services) -> None:
    secrets = {path.read_text() for path in (running.home.path / "passwords").iterdir()}
    for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*")):
        command = command_of(pid)
        assert not any(secret in command for secret in secrets)


def test_damaged_files_are_named_with_what_to_do_and_left_alone(services: Services) -> None:
    assert services.redis
    services.redis.stop(5, lambda: None)
    damaged = services.redis.data / "appendonly.aof"
    damaged.write_bytes(b"*1\r\nnonsense\r\n" * 9)
    with pytest.raises(Trouble, match=rf"Redis does not start on {services.redis.data}: .*Bad file format.*move"):
        services.redis.start(lambda: None)
    assert damaged.read_bytes() == b"*1\r\nnonsense\r\n" * 9


def test_an_address_where_nobody_listens_says_so() -> None:
    assert answers(f"redis://127.0.0.1:{free_port()}/0") == "Connection refused"
    assert answers("redis+socket:///nowhere/redis.sock") == "No such file or directory"
