"""Figures for the browser: built, and thereby checked, by plotly; colours are names of tokens put in afterwards.

`static/charts.js` resolves the names from the style sheet, so that one figure serves the light and the dark theme.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

TOP = 100
APART = 20
"""Points below which a mark of the scale would run into that of 0."""

Point = tuple[datetime, float]


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
