"""Which version of the risk model is in force."""

from dataclasses import dataclass
from datetime import datetime

from posture.models import ScoreModel
from posture.scoring.weights import VERSION_1, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The model that scores are computed with: the id of its row and its weights."""

    model_id: int
    weights: Weights


def model_in_force(*, now: datetime) -> InForce:
    """Return the newest version in force at `now`; the first one comes with the product and is stored on first use."""
    model = _newest(now)
    if model is None:
        first = ScoreModel(version=VERSION_1.version, weights=VERSION_1.as_json(), in_force_from=now)
        ScoreModel.objects.bulk_create([first], ignore_conflicts=True)
        model = ScoreModel.objects.get(version=VERSION_1.version)
    return InForce(model_id=model.pk, weights=Weights.from_json(model.weights))


def _newest(now: datetime) -> ScoreModel | None:
    return ScoreModel.objects.filter(in_force_from__lte=now).order_by("-in_force_from", "-version").first()
