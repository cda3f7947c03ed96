"""How far the loading of the demo is: a file in the home, for every page and for the console to look at."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

FILE: Final = "progress.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Step `step` of `steps`, what it does in a few words, and how many jobs it waits for."""

    step: int
    steps: int
    doing: str
    waiting: int = 0


def tell(progress: Progress | None) -> None:
    """Write how far it is; None is the end."""
    path = _path()
    if progress is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(progress)))
    draft.replace(path)


def heard() -> Progress | None:
    """Return how far it is, None when nothing is being loaded."""
    if not settings.DEMO_DATA:
        return None
    try:
        return Progress(**json.loads(_path().read_text()))
    except FileNotFoundError:
        return None


def _path() -> Path:
    folder: Path = settings.DEMO_FOLDER
    return folder / FILE
