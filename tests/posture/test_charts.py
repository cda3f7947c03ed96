"""Figures of the browser."""

import json
from datetime import UTC, datetime

from posture.charts import score_history

BANDS = (("critical", 60.0), ("high", 30.0), ("medium", 10.0))
AUGUST, OCTOBER, NOW = (datetime(2026, month, 21, 9, tzinfo=UTC) for month in (8, 10, 11))


def test_a_score_is_a_step_line_that_runs_up_to_now() -> None:
    figure = score_history([(AUGUST, 12.5), (OCTOBER, 61.25)], bands=BANDS, now=NOW)
    (line,) = figure["data"]
    assert line["x"] == ["2026-08-21T09:00:00+00:00", "2026-10-21T09:00:00+00:00", "2026-11-21T09:00:00+00:00"]
    assert line["y"] == [12.5, 61.25, 61.25]
    assert line["line"] == {"width": 2, "shape": "hv", "color": "@text"}


def test_the_bands_lie_under_the_line_from_edge_to_edge() -> None:
    figure = score_history([(AUGUST, 1.0)], bands=BANDS, now=NOW)
    tints = [(shape["y0"], shape["y1"], shape["fillcolor"], shape["layer"]) for shape in figure["layout"]["shapes"]]
    assert tints == [
        (60, 100, "@critical-bg", "below"),
        (30, 60, "@high-bg", "below"),
        (10, 30, "@medium-bg", "below"),
    ]
    assert figure["layout"]["yaxis"]["tickvals"] == [0, 30, 60, 100]


def test_a_figure_is_small_plain_json_whose_colours_are_tokens_only() -> None:
    text = json.dumps(score_history([(AUGUST, 1.0), (OCTOBER, 2.0)], bands=BANDS, now=NOW))
    assert len(text) < 2000
    assert "#" not in text
    assert "rgb" not in text


def test_a_history_of_nothing_is_an_empty_line() -> None:
    assert score_history([], bands=BANDS, now=NOW)["data"][0]["x"] == []
