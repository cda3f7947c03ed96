from pathlib import Path

import pytest

from posture.supervisor import prepared
from posture.supervisor.home import Home
from posture.supervisor.services import Services


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a tree with the files a preparation depends on."""
    for name in ("findings/migrations/0001_initial.py", "inventory/access/rights.py", "static/app.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text("django==5.2.19\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("findings/migrations/0001_initial.py", "code"),
        ("findings/migrations/0002_more.py", "code"),
        ("inventory/access/rights.py", "code"),
        ("static/app.css", "static"),
        ("static/vendor/new.js", "static"),
        ("requirements/run.txt", "code static"),
        ("README.md", ""),
    ],
)
def test_a_changed_file_changes_what_it_is_prepared_for(checkout: Path, name: str, changed: str) -> None:
    before = prepared.current(checkout, None)
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("changed")
    after = prepared.current(checkout, None)
    differs = [field for field in ("code", "static") if getattr(before, field) != getattr(after, field)]
    assert differs == changed.split()


def test_a_stamp_is_found_again_only_while_the_static_files_stand(checkout: Path, home: Path) -> None:
    ours = Home(home)
    home.mkdir()
    stamp = prepared.current(checkout, None)
    assert prepared.last(ours) is None
    stamp.save(ours)
    assert prepared.last(ours) is None
    (home / "static").mkdir()
    assert prepared.last(ours) == stamp
    (home / "prepared.json").write_text("{")
    assert prepared.last(ours) is None


def test_a_migration_taken_from_the_database_changes_the_stamp(checkout: Path, services: Services) -> None:
    assert services.postgres
    empty = prepared.current(checkout, services.postgres)
    services.postgres.sql("CREATE TABLE django_migrations AS SELECT 1 AS id", database="posture")
    one = prepared.current(checkout, services.postgres)
    services.postgres.sql("INSERT INTO django_migrations VALUES (2)", database="posture")
    two = prepared.current(checkout, services.postgres)
    assert len({empty, one, two}) == 3
