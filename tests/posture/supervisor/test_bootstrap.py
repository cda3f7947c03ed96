import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from posture.supervisor.bootstrap import Environment
from tests.posture.supervisor.processes import until

ROOT = Path(__file__).resolve().parents[3]
SHOWS = "import sys; print(sys.prefix, *sys.argv[1:])"
ENTER = """
import sys
from pathlib import Path
{before}
from posture.supervisor import bootstrap
root = Path(sys.argv[1])
bootstrap.enter(root, [str(root / "shows.py"), *sys.argv[2:]])
"""
OLD_PYTHON = "sys.version_info = (3, 10, 13, 'final', 0); sys.version = '3.10.13 (main)'"
NO_ENSUREPIP = "sys.modules['ensurepip'] = None"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small checkout: our pinned uv, and locks of one and of two packages cut from ours."""
    locks = tmp_path / "requirements"
    locks.mkdir()
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / "test.txt").read_text())
    vine, iniconfig = (next(entry for entry in entries if entry.startswith(name)) for name in ("vine==", "iniconfig=="))
    (locks / "run.txt").write_text(f"{vine}\n")
    (locks / "test.txt").write_text(f"{vine}\n{iniconfig}\n")
    (locks / "uv.txt").write_text((ROOT / "requirements" / "uv.txt").read_text())
    (tmp_path / "shows.py").write_text(SHOWS)
    return tmp_path


def enter(
    checkout: Path, *arguments: str, before: str = "", path: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PATH": path} if path is not None else {})}
    command = [sys.executable, "-c", ENTER.format(before=before), str(checkout), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def packages(checkout: Path) -> set[str]:
    found = (checkout / ".venv" / "lib").glob("python*/site-packages/*.dist-info")
    return {path.name.partition("-")[0] for path in found} - {"pip", "setuptools", "wheel", "uv"}


def test_an_unsupported_python_without_another_on_path_is_one_line(checkout: Path) -> None:
    run = enter(checkout, "up", before=OLD_PYTHON, path="/nowhere")
    assert run.returncode == 1
    assert run.stderr == (
        "Posture needs Python 3.11 or 3.12; this is 3.10.13, and PATH has neither. "
        "Install one of them and start again.\n"
    )
    assert not (checkout / ".venv").exists()


def test_an_unsupported_python_hands_over_to_one_on_path(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "bin" / "python3.11"
    other.parent.mkdir()
    other.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "3.11 was given: $*"\n')
    other.chmod(0o755)
    run = enter(checkout, "up", before=OLD_PYTHON, path=str(other.parent))
    assert run.stdout == f"3.11 was given: {checkout}/shows.py up\n", run.stderr


def test_an_environment_that_is_not_ours_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "mine").write_text("mine")
    run = enter(checkout, "up")
    assert run.stderr == f"{checkout}/.venv was not made by this command; move it away and start again.\n"
    assert (checkout / ".venv" / "mine").read_text() == "mine"


def test_a_checkout_that_cannot_be_written_is_one_line() -> None:
    run = enter(Path("/proc/self"), "up")
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("The environment in /proc/self/.venv cannot be used: No such file")


def test_a_missing_system_package_is_named_with_its_command_when_it_cannot_be_installed(
    checkout: Path, tmp_path: Path
) -> None:
    tool = tmp_path / "bin" / "apt-get"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\necho "E: no network" >&2\nexit 100\n')
    tool.chmod(0o755)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    for user, told, asked in (
        ("root", f"and `apt-get install -y --no-install-recommends {package}` failed: E: no network", 3),
        ("a person", f"run: sudo apt-get install -y --no-install-recommends {package}", 3),
    ):
        mask = f"{NO_ENSUREPIP}; import os; os.geteuid = lambda: {0 if user == 'root' else 1000}"
        run = enter(checkout, "up", before=mask, path=str(tool.parent))
        assert run.returncode == 1
        assert told in run.stderr.splitlines()[-1], user
        assert len((tmp_path / "asked").read_text().splitlines()) == asked
    assert not (checkout / ".venv").exists()


def test_an_environment_with_the_test_packages_serves_every_command(checkout: Path) -> None:
    digests = {
        name: hashlib.sha256((checkout / "requirements" / f"{name}.txt").read_bytes()).hexdigest()
        for name in ("run", "test")
    }
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").touch()
    mark = checkout / ".venv" / "posture-lock"
    mark.write_text(f"run {digests['run']}")
    assert Environment(checkout, "run").is_ready()
    assert not Environment(checkout, "test").is_ready()
    mark.write_text(f"test {digests['test']}")
    assert Environment(checkout, "run").is_ready()
    assert Environment(checkout, "test").is_ready()
    with (checkout / "requirements" / "test.txt").open("a") as lock:
        lock.write("# changed\n")
    assert not Environment(checkout, "run").is_ready()


@pytest.mark.slow
def test_an_environment_is_made_once_kept_for_less_grown_for_more_and_made_anew_when_half_made(checkout: Path) -> None:
    first = enter(checkout, "check")
    assert first.stdout == f"{checkout}/.venv check\n", first.stderr
    assert first.stderr.startswith(f"Making the environment in {checkout}/.venv (once).\n")
    assert packages(checkout) == {"vine"}
    second = enter(checkout, "check", "--deploy")
    assert (second.stdout, second.stderr) == (f"{checkout}/.venv check --deploy\n", "")
    assert enter(checkout, "test").returncode == 0
    assert packages(checkout) == {"vine", "iniconfig"}
    assert enter(checkout, "up").stderr == ""
    assert packages(checkout) == {"vine", "iniconfig"}
    (checkout / ".venv" / "posture-lock").write_text("making")
    assert "an earlier start did not finish it" in enter(checkout, "check").stderr
    assert packages(checkout) == {"vine"}


@pytest.mark.slow
def test_a_start_killed_while_it_makes_the_environment_does_not_hinder_the_next(checkout: Path) -> None:
    command = [sys.executable, "-c", ENTER.format(before=""), str(checkout), "check"]
    for moment in (0.3, 1.0, 2.5):
        killed = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
        until(lambda: killed.poll() is not None, moment)  # noqa: B023 - called within this round
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    run = enter(checkout, "check")
    assert run.stdout == f"{checkout}/.venv check\n", run.stderr
    assert packages(checkout) == {"vine"}


@pytest.mark.slow
def test_two_first_starts_at_once_make_one_environment(checkout: Path) -> None:
    command = [sys.executable, "-c", ENTER.format(before=""), str(checkout), "check"]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate() for process in both]
    assert [out for out, _ in told] == [f"{checkout}/.venv check\n".encode()] * 2
    assert sum(b"Making the environment in" in err for _, err in told) == 1
    assert sum(b"Another start is making the environment; waiting for it." in err for _, err in told) == 1


@pytest.mark.slow
def test_a_package_that_does_not_match_its_hash_is_refused_in_one_line(checkout: Path) -> None:
    lock = checkout / "requirements" / "run.txt"
    lock.write_text(re.sub(r"sha256:\w{64}", f"sha256:{'0' * 64}", lock.read_text()))
    run = enter(checkout, "check")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("Installing the packages failed: ")
    assert "vine" in run.stderr.splitlines()[-1]
