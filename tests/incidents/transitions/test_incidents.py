"""The life of an incident, against the lines of the model it was drawn from."""

import pytest

from incidents.choices import COUNTING, Level, Stage
from incidents.transitions.incidents import MOVES, Facts, is_way_on, lacking, refusal, stops_closing

READY = Facts(level=Level.SEV2, apis=1, has_commander=True, has_playbook=True, findings=1, frozen=True)
MODEL = {
    "triage": {"declared", "false_positive", "duplicate", "cancelled"}, "declared": {"containment", "triage"},
    "containment": {"eradication", "declared"}, "eradication": {"recovery", "containment"},
    "recovery": {"monitoring", "containment"}, "monitoring": {"post_incident", "containment"},
    "post_incident": {"closed"}, "closed": {"triage"},
}  # fmt: skip


def test_it_goes_where_the_model_says_and_nowhere_else() -> None:
    for stage in Stage:
        for to in Stage:
            allowed = to.value in MODEL.get(stage.value, {"triage"})
            assert (refusal(stage, to) == "") == allowed, (stage, to)


def test_from_everywhere_there_is_a_way_to_the_end() -> None:
    for stage in Stage:
        seen, edge = {stage}, [stage]
        while edge:
            edge = [to for at in edge for to in MOVES[at] if to not in seen and not seen.add(to)]  # type: ignore[func-returns-value]  # set.add
        assert Stage.CLOSED in seen


def test_it_counts_from_declared_to_watching() -> None:
    assert {stage.value for stage in COUNTING} == {"declared", "containment", "eradication", "recovery", "monitoring"}


@pytest.mark.parametrize(
    ("stage", "to", "less", "told"),
    [
        ("triage", "declared", {"has_commander": False}, "commands"), ("triage", "declared", {"apis": 0}, "API"),
        ("declared", "containment", {"has_playbook": False}, "playbook"),
        ("eradication", "recovery", {"findings": 0}, "finding"),
        ("monitoring", "post_incident", {"frozen": False}, "evidence"),
        ("monitoring", "post_incident", {"clocks_running": 1}, "clock"),
    ],
)  # fmt: skip
def test_what_should_be_true_before_the_way_on_is_told(stage: str, to: str, less: dict[str, int], told: str) -> None:
    facts = Facts(**{name: getattr(READY, name) for name in Facts.__slots__} | less)
    assert lacking(Stage(stage), Stage(to), READY) == ()
    (problem,) = lacking(Stage(stage), Stage(to), facts)
    assert told in problem


def test_the_way_back_asks_for_nothing_but_a_reason() -> None:
    assert lacking(Stage.MONITORING, Stage.CONTAINMENT, Facts(level=Level.SEV1)) == ()
    assert not is_way_on(Stage.MONITORING, Stage.CONTAINMENT)
    assert is_way_on(Stage.REVIEW, Stage.CLOSED)


def test_nothing_closes_over_a_running_clock_and_a_grave_one_not_without_lessons() -> None:
    assert "clock" in stops_closing(Facts(level=Level.SEV4, clocks_running=1), lessons="x")
    assert "learned" in stops_closing(Facts(level=Level.SEV2), lessons=" ")
    assert stops_closing(Facts(level=Level.SEV3), lessons="") == ""
