"""Services of their own for the tests of the supervisor."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from posture.supervisor.services import Services
from tests.posture.supervisor.processes import without


@pytest.fixture(scope="module")
def running() -> Iterator[Services]:
    """Return services that run on a kept home, for tests that only look."""
    base = Path(tempfile.mkdtemp(prefix="ph-"))
    services = Services(base / "h", throwaway=False, environ=without())
    services.start()
    yield services
    services.stop()
    shutil.rmtree(base)


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """Return a stopped home with a database, to be copied: making one anew takes a second."""
    base = Path(tempfile.mkdtemp(prefix="ph-"))
    services = Services(base / "h", throwaway=False, environ=without())
    services.start()
    services.stop()
    yield base / "h"
    shutil.rmtree(base)


@pytest.fixture
def made(home: Path, made_once: Path) -> Path:
    """Return a stopped home with a database, the test's own."""
    shutil.copytree(made_once, home)
    return home


@pytest.fixture
def services(made: Path) -> Iterator[Services]:
    """Return services that run on a home of the test's own."""
    own = Services(made, throwaway=False, environ=without())
    own.start()
    yield own
    own.stop()
