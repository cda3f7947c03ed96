"""Walking through a folder: only plain, settled files below it, and only those that changed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inventory.sources.base import Item, Left, Pulled, SourceFailed, SourceRefused, Surroundings, Unchanged, Visit
from inventory.sources.folder import Folder

LATER = timedelta(minutes=5)


def around(*folders: Path, most: int = 1000, later: timedelta = LATER) -> Surroundings:
    def nowhere(_: object) -> object:
        raise AssertionError

    return Surroundings(folders=folders, most=most, now=datetime.now(UTC) + later, ask=nowhere)  # type: ignore[arg-type]  # a folder asks nobody


def walk(root: Path, *, folder: str = "", pattern: str = "*", cursor: dict[str, dict[str, str]] | None = None,
         most: int = 1000, later: timedelta = LATER) -> list[Item]:  # fmt: skip
    options = {"root": str(root), "folder": folder, "pattern": pattern}
    found = list(Folder().walk(Visit(options=options, cursor=cursor or {}), around(root, most=most, later=later)))
    for item in found:
        if isinstance(item, Pulled):
            item.file.close()
    return found


def keys(found: list[Item]) -> list[str]:
    return [item.key for item in found if isinstance(item, Pulled)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    opened = tmp_path / "opened"
    (opened / "deep" / "er").mkdir(parents=True)
    for name in ("a.sarif", "b.json", "deep/c.sarif", "deep/er/d.sarif"):
        (opened / name).write_text(name)
    (tmp_path / "secret.sarif").write_text("outside")
    return opened


def test_a_pattern_says_which_files_and_how_deep(root: Path) -> None:
    assert keys(walk(root)) == ["a.sarif", "b.json"]
    assert keys(walk(root, pattern="*.sarif")) == ["a.sarif"]
    assert keys(walk(root, pattern="**/*.sarif")) == ["a.sarif", "deep/c.sarif", "deep/er/d.sarif"]
    assert keys(walk(root, folder="deep")) == ["c.sarif"]


def test_no_link_is_followed_to_a_file_or_a_folder(root: Path, tmp_path: Path) -> None:
    (root / "out.sarif").symlink_to(tmp_path / "secret.sarif")
    (root / "way").symlink_to(tmp_path)
    found = walk(root, pattern="**/*.sarif")
    assert keys(found) == ["a.sarif", "deep/c.sarif", "deep/er/d.sarif"]
    assert [item.key for item in found if isinstance(item, Left)] == ["out.sarif"]
    with pytest.raises(SourceFailed):
        walk(root, folder="way")


def test_what_is_no_plain_file_is_left(root: Path) -> None:
    os.mkfifo(root / "pipe.sarif")
    left = [item for item in walk(root, pattern="*.sarif") if isinstance(item, Left)]
    assert [(item.key, item.reason) for item in left] == [("pipe.sarif", "This is no plain file.")]


def test_a_file_still_being_written_waits_without_a_fault(root: Path) -> None:
    found = walk(root, pattern="a.sarif", later=timedelta(seconds=1))
    assert [(type(item), item.key) for item in found] == [(Left, "a.sarif")]
    assert isinstance(found[0], Left)
    assert not found[0].fault


def test_a_file_past_the_cap_is_left_with_its_size(root: Path) -> None:
    (root / "large.sarif").write_bytes(bytes(1001))
    left = [item for item in walk(root, pattern="*.sarif") if isinstance(item, Left)]
    assert [item.reason for item in left] == ["It has 1,001 bytes; at most 1,000 are taken in."]


def test_an_untouched_file_is_not_opened_for_reading_again(root: Path) -> None:
    first = [item for item in walk(root) if isinstance(item, Pulled)]
    cursor = {item.key: item.mark for item in first}
    assert [type(item) for item in walk(root, cursor=cursor)] == [Unchanged, Unchanged]
    before = (root / "a.sarif").stat()
    (root / "a.sarif").write_text("A.sarif")
    os.utime(root / "a.sarif", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert keys(walk(root, cursor=cursor)) == ["a.sarif"]


@pytest.mark.parametrize(
    "options",
    [
        {"folder": "../"}, {"folder": "a/../../b"}, {"folder": "/etc"}, {"folder": "a\x00b"}, {"pattern": "a/b"},
        {"pattern": "../*"}, {"root": "/"}, {"root": ""},
    ],
)  # fmt: skip
def test_options_that_lead_elsewhere_are_refused(options: dict[str, str], root: Path) -> None:
    with pytest.raises(SourceRefused):
        Folder().clean({"root": str(root), **options}, around(root))


def test_what_the_operator_closed_is_no_longer_read(root: Path) -> None:
    assert Folder().clean({"root": str(root), "folder": "deep/"}, around(root)) == {
        "root": str(root), "folder": "deep", "pattern": "*",
    }  # fmt: skip
    assert Folder().missing(around())
    visit = Visit(options={"root": str(root), "folder": "", "pattern": "*"})
    with pytest.raises(SourceFailed, match="no longer opened"):
        list(Folder().walk(visit, around()))
