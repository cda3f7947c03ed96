"""The estate that the goals of size are stated for: 1,000,000 findings on 10,000 APIs, skewed, made once for a home."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from bench import estate
from bench.databases import copy_of, kept
from findings.mapping import RuleKind
from findings.models import MappingRule
from inventory.access.models import User
from inventory.models import Api
from tests import estate as tables
from tests.estate import BIGGEST, Estate, made_estate, make_estate

APIS = 10_000
STATED = 1_000_000
CROWD = 300
"""Lines of an incident, and ten times how many checks fail at each endpoint."""
HOST = "api-e{:06}.shop.example"


def apis(share: float) -> int:
    """Return how many APIs a share of the estate has."""
    return max(100, int(APIS * share))


def database(share: float) -> str:
    """Return the name of the database that holds a share of the estate; it is made where it is not there yet."""
    findings = int(STATED * share)
    made_of = [*map(str, sorted(MigrationLoader(None).graph.nodes)), Path(tables.__file__).read_text(encoding="utf-8")]
    digest = sha256("\n".join(made_of).encode()).hexdigest()[:8]
    return kept(f"estate_{findings}_{digest}", lambda: _make(apis(share), findings))


@contextmanager
def copied(share: float) -> Iterator[Estate]:
    """Point the product at a copy of the estate for a while."""
    with copy_of(database(share)) as _:
        yield made_estate(apis=apis(share), findings=int(STATED * share))


def _make(count: int, findings: int) -> None:
    make_estate(apis=count, findings=findings, crowd=CROWD, skewed=True)
    user = User.objects.get(name=estate.person().name)
    MappingRule.objects.create(
        code="MAP-BENCH", kind=RuleKind.REPOSITORY, pattern=estate.REPOSITORY, api=Api.objects.get(code=BIGGEST),
        created_at=estate.NOW, created_by=user,
    )  # fmt: skip
