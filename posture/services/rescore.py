"""Compute scores: any set of APIs at once, in SQL, with a change point wherever something changed."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction

from posture.choices import PortfolioKind
from posture.records import Runtime, Scored, ScoreResult
from posture.scoring.portfolios import cube
from posture.services.in_force import model_in_force
from posture.services.parameters import parameters
from posture.services.runtime import runtime_of
from posture.services.statements import FOLD, LOCK, PREPARE, SCORE, SETTLE

CAUSE_LENGTH = 300


class Row(NamedTuple):
    """One API as the statement returns it: as it is now and as it was held before."""

    api_id: int
    score: Decimal
    team_id: int | None
    counted: bool
    exact: float
    old_score: Decimal
    old_team_id: int | None
    old_counted: bool
    changed: bool


@transaction.atomic
def score_apis(
    *, api_ids: Collection[int], cause: str | Mapping[int, str], now: datetime, runtime: Runtime | None = None
) -> ScoreResult:
    """Score the APIs as the database has them and store what changed; ids that do not exist are left out.

    Without `runtime`, what alerts say is read as well.

    Of two callers with a common API the second waits, and reads what the first has committed. `cause` is a sentence
    fragment for people, one for all or one for each API. A change point is never dated before the one it follows.
    Raises ValueError when the weights in force do not know a word of an API.
    """
    ids = sorted(set(api_ids))
    model = model_in_force(now=now)
    causes = dict.fromkeys(ids, cause) if isinstance(cause, str) else cause
    given: dict[str, Any] = {"ids": ids, "now": now, "model": model.model_id}
    given["causes"] = json.dumps({api_id: causes[api_id][:CAUSE_LENGTH] for api_id in ids})
    with connection.cursor() as cursor:
        cursor.execute(SETTLE)
        cursor.execute(PREPARE, given)
        cursor.execute(LOCK, given)
        locked = cursor.rowcount
        # Read under the lock, as findings are: of two jobs the later one sees the later alerts.
        around = runtime_of(api_ids=ids, now=now) if runtime is None else runtime
        given |= parameters(api_ids=ids, weights=model.weights, runtime=around)
        cursor.execute(SCORE, given)
        rows = [Row(*row) for row in cursor.fetchall()]
    if len(rows) != locked:
        msg = f"{locked - len(rows)} of {locked} APIs have a setting that version {model.weights.version} cannot weigh."
        raise ValueError(msg)
    fold_portfolios(rows, now=now)
    return ScoreResult(
        apis=tuple(Scored(api_id=row.api_id, exact=row.exact, score=row.score, changed=row.changed) for row in rows)
    )


def fold_portfolios(rows: Collection[Row], *, now: datetime) -> None:
    """Add what the rows changed to the portfolios they are and were counted in."""
    numbers: Counter[tuple[str, int]] = Counter()
    cubes: Counter[tuple[str, int]] = Counter()
    for row in rows:
        for sign, score, team_id, counted in (
            (-1, row.old_score, row.old_team_id, row.old_counted),
            (1, row.score, row.team_id, row.counted),
        ):
            for portfolio in portfolios_of(team_id, counted=counted):
                numbers[portfolio] += sign
                cubes[portfolio] += sign * cube(score)
    moved = sorted(key for key in cubes if numbers[key] or cubes[key])
    if moved:
        with connection.cursor() as cursor:
            given: dict[str, Any] = {
                "kinds": [kind for kind, _ in moved],
                "keys": [key for _, key in moved],
                "n": [numbers[key] for key in moved],
                "cubes": [cubes[key] for key in moved],
                "now": now,
            }
            cursor.execute(FOLD, given)


def portfolios_of(team_id: int | None, *, counted: bool) -> tuple[tuple[str, int], ...]:
    """Return kind and key of the portfolios an API is counted in."""
    if not counted:
        return ()
    organisation = (PortfolioKind.ORGANISATION.value, 0)
    return (organisation,) if team_id is None else (organisation, (PortfolioKind.TEAM.value, team_id))
