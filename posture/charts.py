"""Figures for the browser: built, and thereby checked, by plotly; colours are names of tokens put in afterwards.

`static/charts.js` resolves the names from the style sheet, so that one figure serves the light and the dark theme.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

TOP = 100
APART = 20
"""Points below which a mark of the scale would run into that of 0."""

STRIPED = {"pattern": {"shape": "/", "size": 6, "fillmode": "overlay"}}
"""Colour is never alone: medium is striped."""

Point = tuple[datetime, float]


def severity_weeks(
    ends: Sequence[datetime], counts: Mapping[str, Sequence[int]], closed: Sequence[int]
) -> dict[str, Any]:
    """Return stacked bars of open findings, the worst at the base line, with the line of those closed each week.

    `counts` are one number for each week by severity, the name of a colour token.
    """
    days = [f"{end:%-d %b}" for end in ends]
    bars = [
        go.Bar(
            x=days, y=list(numbers), name=name.capitalize(), hovertemplate="%{y:,}",
            marker={"line": {"width": 1}, **(STRIPED if name == "medium" else {})},
        )
        for name, numbers in counts.items()
    ]  # fmt: skip
    line = go.Scatter(x=days, y=list(closed), name="Closed that week", mode="lines+markers", hovertemplate="%{y:,}",
                      line={"width": 2})  # fmt: skip
    figure = go.Figure(
        data=[*bars, line],
        layout={
            "barmode": "stack",
            "margin": {"t": 8, "r": 4, "b": 22, "l": 34},
            "xaxis": {"type": "category"},
            "yaxis": {"rangemode": "tozero"},
        },
    )
    plain: dict[str, Any] = figure.to_plotly_json()
    del plain["layout"]["template"]
    for trace, name in zip(plain["data"], counts, strict=False):
        trace["marker"]["color"] = f"@{name}"
        trace["marker"]["line"]["color"] = "@surface"
        if "pattern" in trace["marker"]:
            trace["marker"]["pattern"]["fgcolor"] = "@surface"
    plain["data"][-1]["line"]["color"] = "@text"
    plain["data"][-1]["marker"] = {"color": "@surface", "size": 6, "line": {"color": "@text", "width": 2}}
    return plain


def score_history(points: Sequence[Point], *, bands: Sequence[tuple[str, float]], now: datetime) -> dict[str, Any]:
    """Return a step line of the change points of a score, oldest first, drawn up to now on the tints of its bands.

    `bands` are (name, lowest score) pairs from the top; the name is that of a colour token.
    """
    line = [*points, (now, points[-1][1])] if points else []
    uppers = [TOP, *(low for _, low in bands)]
    figure = go.Figure(
        data=go.Scatter(
            x=[moment.isoformat(timespec="seconds") for moment, _ in line],
            y=[score for _, score in line],
            mode="lines",
            line={"width": 2, "shape": "hv"},
            name="Score",
            hovertemplate="%{y:.0f}",
        ),
        layout={
            "margin": {"t": 8, "r": 4, "b": 22, "l": 28},
            "yaxis": {"range": [0, TOP], "tickvals": [0, *sorted(low for _, low in bands if low >= APART), TOP]},
            "xaxis": {"type": "date"},
            "shapes": [
                {
                    "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": upper,
                    "line": {"width": 0}, "layer": "below",
                }
                for (_, low), upper in zip(bands, uppers, strict=False)
            ],
        },
    )  # fmt: skip
    plain: dict[str, Any] = figure.to_plotly_json()
    del plain["layout"]["template"]
    plain["data"][0]["line"]["color"] = "@text"
    for shape, (name, _) in zip(plain["layout"]["shapes"], bands, strict=True):
        shape["fillcolor"] = f"@{name}-bg"
    return plain
