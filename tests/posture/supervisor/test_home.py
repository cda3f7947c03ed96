import os
import subprocess
import sys
from pathlib import Path

import pytest

from posture.supervisor.home import Home, locate
from posture.supervisor.trouble import Trouble

ROOT = Path(__file__).resolve().parents[3]
TAKER = """
import sys
from pathlib import Path
from posture.supervisor.home import Home
Home(Path(sys.argv[1])).acquire()
"""


def test_the_home_stands_beside_manage_py_unless_the_environment_names_another(tmp_path: Path) -> None:
    assert locate({}, tmp_path) == tmp_path / ".posture"
    assert locate({"POSTURE_HOME": str(tmp_path / "x")}, ROOT) == tmp_path / "x"


def test_only_its_owner_can_read_a_new_home_and_its_keys(home: Path) -> None:
    Home(home).furnish({})
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in (home / "keys").iterdir()} == {
        "django": 0o600,
        "digest": 0o600,
        "seal": 0o600,
    }


def test_keys_have_the_forms_the_settings_read(home: Path) -> None:
    Home(home).furnish({})
    key_id, _, key = (home / "keys" / "seal").read_text().partition(":")
    assert key_id
    assert len(bytes.fromhex(key)) == 32
    assert len(bytes.fromhex((home / "keys" / "digest").read_text())) == 32
    assert len((home / "keys" / "django").read_text()) >= 50


def test_a_second_furnishing_changes_no_key(home: Path) -> None:
    Home(home).furnish({})
    before = {path: path.read_bytes() for path in (home / "keys").iterdir()}
    Home(home).furnish({})
    assert {path: path.read_bytes() for path in (home / "keys").iterdir()} == before


@pytest.mark.parametrize("data", ["pg/PG_VERSION", "postgres-data", "prepared.json", "blobs/one"])
@pytest.mark.parametrize("lost", ["django", "digest", "seal"])
def test_a_home_with_data_and_without_a_key_is_refused_and_left_alone(home: Path, data: str, lost: str) -> None:
    Home(home).furnish({})
    (home / data).parent.mkdir(exist_ok=True)
    (home / data).write_text("18")
    (home / "keys" / lost).unlink()
    with pytest.raises(Trouble, match=rf"keys/{lost} is missing or empty; restore it.*Nothing was changed"):
        Home(home).furnish({})
    assert not (home / "keys" / lost).exists()


def test_an_emptied_key_is_refused_and_not_filled(home: Path) -> None:
    Home(home).furnish({})
    (home / "keys" / "seal").write_text("")
    with pytest.raises(Trouble, match="keys/seal is missing or empty"):
        Home(home).furnish({})
    assert (home / "keys" / "seal").read_text() == ""


def test_a_key_given_in_the_environment_needs_no_file(home: Path) -> None:
    Home(home).furnish({"SECRET_KEY": "x", "DIGEST_KEY_FILE": "y"})
    assert [path.name for path in (home / "keys").iterdir()] == ["seal"]


def test_a_lost_password_of_a_database_is_not_made_anew(home: Path) -> None:
    ours = Home(home)
    ours.furnish({})
    ours.make_passwords()
    (home / "pg").mkdir()
    (home / "passwords" / "owner").unlink()
    with pytest.raises(Trouble, match="passwords/owner is missing or empty; restore it"):
        ours.make_passwords()
    assert not (home / "passwords" / "owner").exists()


def test_a_home_that_is_a_file_is_named_with_what_to_do(home: Path) -> None:
    home.write_text("mine")
    with pytest.raises(Trouble, match=rf"The home {home} cannot be used: File exists.*Set POSTURE_HOME"):
        Home(home).furnish({})
    assert home.read_text() == "mine"


def test_a_place_nobody_can_write_is_named_with_what_to_do() -> None:
    with pytest.raises(Trouble, match=r"The home /proc/posture cannot be used: .*Set POSTURE_HOME"):
        Home(Path("/proc/posture")).furnish({})


def test_a_full_disk_is_named_with_what_to_do(home: Path) -> None:
    ours = Home(home)
    ours.furnish({})
    (home / "run" / f".probe.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(Trouble, match="cannot be used: No space left on device"):
        ours.furnish({})


def test_a_home_in_use_names_the_process_that_has_it(home: Path) -> None:
    ours = Home(home)
    ours.furnish({})
    ours.acquire()
    command = [sys.executable, "-c", TAKER, str(home)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"in use by a running Posture (process {os.getpid()})" in run.stderr
    ours.release()
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
