"""What was not written here is what its makers published, and says under which licence."""

import hashlib
import tomllib
from pathlib import Path

from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
LISTED = tomllib.loads((STATIC / "vendor.toml").read_text())


def test_every_vendored_file_is_listed_with_its_digest() -> None:
    found = {
        f"vendor/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").iterdir()
        if path.is_file()
    }
    assert {entry["path"]: entry["sha256"] for entry in LISTED["file"]} == found


def test_every_vendored_file_names_a_version_and_a_licence_whose_text_lies_beside_it() -> None:
    opening = {"MIT": "Permission is hereby granted, free of charge", "OFL-1.1": "SIL OPEN FONT LICENSE"}
    for entry in LISTED["file"] + LISTED["drawn_in"]:
        assert entry["name"]
        assert entry["version"][0].isdigit()
        assert opening[entry["licence"]] in (STATIC / entry["licence_file"]).read_text()


def test_the_style_sheet_asks_for_no_address_but_our_own_files() -> None:
    for sheet in (STATIC / "app.css", STATIC / "vendor/plotly.css"):
        text = sheet.read_text()
        assert "http" not in text.replace('a[href^="http"]', "")
        assert "data:" not in text
        assert "@import" not in text
