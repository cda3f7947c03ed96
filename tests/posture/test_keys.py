"""The keys that seal, read from a file that changes under the running product."""

import logging
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from posture.keys import KeyRing, parse_keys

ONE, TWO = "k1:" + "01" * 32, "k2:" + "02" * 32


def test_what_is_written_in_the_file_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "seal"
    file.write_text(f"{ONE}\n")
    keys = KeyRing(file)
    assert (keys[0], len(keys)) == (("k1", b"\1" * 32), 1)
    draft = tmp_path / "new"
    draft.write_text(f"{TWO}\n{ONE}\n")
    draft.rename(file)
    assert [name for name, _ in keys] == ["k2", "k1"]
    assert dict(keys)["k1"] == b"\1" * 32
    assert keys[:1] == (("k2", b"\2" * 32),)


def test_a_file_that_is_lost_or_damaged_takes_no_key_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "seal"
    file.write_text(f"{ONE}\n")
    keys = KeyRing(file)
    file.write_text("k2:nothing\n")
    assert [name for name, _ in keys] == ["k1"]
    file.unlink()
    assert [name for name, _ in keys] == ["k1"]
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert "01" * 16 not in caplog.text


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:", "k1:zz", "k1:" + "01" * 31, f"{ONE} {ONE}", ":" + "01" * 32, "k" * 41 + ONE]
)
def test_what_is_no_list_of_keys_stops_the_start_and_is_not_quoted(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SEAL_KEYS") as refusal:
        parse_keys(text)
    assert "0101" not in str(refusal.value)
