"""The expected markup is that of the design's component page, written down here by hand."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from typing_extensions import override

HOSTILE = '"><script>alert(1)</script><b onclick=\'x\' class="ok">&amp;'
NOW = datetime(2026, 11, 19, 9, 38, tzinfo=UTC)


def draw(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def drawn_icon(name: str) -> str:
    return f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>'


class Tags(HTMLParser):
    """Collects the elements and attribute names a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_severity_is_a_shape_and_a_word() -> None:
    assert draw('{% sev "critical" %}') == (
        '<span class="sev critical"><svg class="icon" aria-hidden="true"><use href="#i-sev-critical"/></svg>'
        "<span>Critical</span></span>"
    )
    assert draw('{% sev "medium" pill=True %}').startswith('<span class="sev medium pill">')


def test_a_severity_nobody_knows_is_drawn_as_info_with_its_own_word() -> None:
    html = draw("{% sev word %}", word="blocker")
    assert 'class="sev info"' in html
    assert "<span>Blocker</span>" in html


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            '{% risk 87 "critical" %}',
            '<span class="risk critical"><b>87</b><span class="sr-only">critical risk</span></span>',
        ),
        ('{% risk 71 "high" label=True %}', '<span class="risk high"><b>71</b><span>High</span></span>'),
        ('{% risk 12 "medium" xl=True %}', '<span class="risk medium xl"><b>12</b><span>Medium risk</span></span>'),
        ("{% risk None label=True %}", '<span class="risk info"><b>–</b><span>Not scored</span></span>'),
        ('{% risk 0 "none" label=True %}', '<span class="risk info"><b>0</b><span>No known</span></span>'),
    ],
)
def test_a_risk_badge_is_a_number_in_its_band(source: str, expected: str) -> None:
    assert draw(source) == expected


def test_a_risk_badge_tells_when_it_was_computed() -> None:
    assert 'title="Computed 19 Nov 2026, 09:38:00 UTC"' in draw('{% risk 87 "critical" computed=now %}', now=NOW)


def test_a_risk_without_a_score_is_a_dash_and_never_0() -> None:
    html = draw('{% risk score "critical" %}', score=None)
    assert "<b>–</b>" in html
    assert "0" not in html
    assert "critical" not in html


@pytest.mark.parametrize(
    ("score", "shown"),
    [("59.50", "60"), ("59.49", "59"), ("0.01", "&lt;1"), ("0.49", "&lt;1"), ("0.50", "1"), ("0", "0"), ("2.50", "3")],
)
def test_a_score_is_shown_whole_with_halves_up_and_never_as_0_when_it_is_more(score: str, shown: str) -> None:
    assert f"<b>{shown}</b>" in draw("{% risk score band %}", score=Decimal(score), band="low")


def test_a_change_says_in_words_whether_it_is_worse() -> None:
    assert Tags(draw("{% delta 13 %}")).text == "13 worse"
    assert Tags(draw("{% delta -6 %}")).text == "6 better"
    assert draw("{% delta 0 %}") == '<span class="delta same">0<span class="sr-only"> no change</span></span>'
    assert "#i-arrow-up-right" in draw("{% delta 13 %}")
    assert "#i-arrow-down-right" in draw("{% delta -6 %}")


def test_a_spark_line_runs_from_edge_to_edge_and_is_hidden_from_screen_readers() -> None:
    html = draw("{% spark points 'up' %}", points=[10, 24, 17])
    assert html == (
        '<svg class="spark up" viewBox="0 0 72 20" aria-hidden="true">'
        '<polyline points="0.0,19.0 35.0,2.0 70.0,10.5"/></svg>'
    )


def test_one_point_is_a_dot() -> None:
    html = draw("{% spark points %}", points=[40])
    assert html.count("<circle") == 1
    assert "polyline" not in html


@pytest.mark.parametrize("points", [[], [40, 40]])
def test_a_spark_line_of_little_does_not_fail(points: list[int]) -> None:
    assert "<polyline" in draw("{% spark points %}", points=points)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Nadia Rahman", "NR"),
        ("Piotr Zając", "PZ"),
        ("Ada", "A"),
        ("jo van der Berg", "JB"),
        ("a@b.example", "AB"),
        ("李 小龙", "李小"),
    ],
)
def test_an_avatar_shows_the_first_letters_of_the_first_and_last_word(name: str, letters: str) -> None:
    html = draw("{% avatar name %}", name=name)
    assert re.fullmatch(rf'<span class="avatar h[1-6]" aria-hidden="true">{letters}</span>', html)


@pytest.mark.parametrize("name", [None, "", "  ", "—"])
def test_nobody_is_a_dashed_ring(name: str | None) -> None:
    assert draw("{% avatar name %}", name=name) == '<span class="avatar none" aria-hidden="true">?</span>'


def test_an_owner_that_is_missing_is_said() -> None:
    assert Tags(draw("{% who name %}", name=None)).text == "?Unowned"
    assert Tags(draw("{% who name 'No team' %}", name="")).text == "?No team"


def test_a_clock_says_over_with_a_triangle() -> None:
    assert draw('{% clock "overdue" "1 d 4 h over" %}') == (
        f'<span class="sla overdue">{drawn_icon("alert-triangle")}1 d 4 h over</span>'
    )
    assert "#i-clock" in draw('{% clock "soon" "6 h left" %}')


def test_a_bar_stacks_its_parts_in_percent_and_tells_its_message() -> None:
    html = draw(
        "{% bar parts 8 label %}", parts=[("critical", 2), ("high", 0), ("medium", 4)], label="2 critical, 4 medium"
    )
    assert html == (
        '<svg class="bar" role="img" aria-label="2 critical, 4 medium">'
        '<rect class="critical" x="0.0%" width="25.0%" height="100%"/>'
        '<rect class="medium" x="25.0%" width="50.0%" height="100%"/></svg>'
    )


def test_a_bar_of_nothing_is_empty() -> None:
    assert "<rect" not in draw("{% share 'ok' 3 0 'no data' %}")


def test_counts_keep_the_place_of_a_zero_but_do_not_read_it_out() -> None:
    html = draw("{% counts numbers %}", numbers={"critical": 2, "high": 0})
    assert html == (
        f'<span class="sevcount"><span class="critical">{drawn_icon("sev-critical")}2'
        '<span class="sr-only"> critical</span></span><span class="high zero" aria-hidden="true">'
        f'{drawn_icon("sev-high")}0<span class="sr-only"> high</span></span></span>'
    )
    assert "high" not in draw("{% counts numbers fixed=False %}", numbers={"critical": 2, "high": 0})


@pytest.mark.parametrize(
    ("value", "shape", "word"),
    [
        ("public", "world", "Public"),
        ("partner", "affiliate", "Partner"),
        ("internal", "building", "Internal"),
        ("unknown", "user-question", "Reach unknown"),
    ],
)
def test_reach_is_a_tag_with_a_shape(value: str, shape: str, word: str) -> None:
    html = draw("{% reach value %}", value=value)
    assert f"#i-{shape}" in html
    assert Tags(html).text == word


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW - timedelta(seconds=20), "now"),
        (NOW - timedelta(minutes=2), "2\xa0minutes ago"),
        (NOW - timedelta(hours=28), "1\xa0day ago"),
        (NOW + timedelta(hours=6), "in 6\xa0hours"),
        (NOW - timedelta(days=16), "3 Nov 2026"),
    ],
)
def test_near_moments_are_distances_and_far_ones_dates(moment: datetime, words: str) -> None:
    assert Tags(draw("{% when moment %}", moment=moment, now=NOW)).text == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW - timedelta(seconds=20), "now"),
        (NOW - timedelta(minutes=59, seconds=59), "59\xa0min"),
        (NOW - timedelta(hours=23), "23\xa0h"),
        (NOW - timedelta(days=3, hours=5), "3\xa0d"),
        (NOW - timedelta(days=16), "3 Nov"),
        (NOW - timedelta(days=400), "Oct 2025"),
    ],
)
def test_a_time_line_has_short_moments(moment: datetime, words: str) -> None:
    assert Tags(draw("{% when moment short=True %}", moment=moment, now=NOW)).text == words


def test_a_moment_carries_its_exact_time() -> None:
    html = draw("{% when moment %}", moment=NOW, now=NOW + timedelta(hours=1))
    assert 'datetime="2026-11-19T09:38:00+00:00"' in html
    assert 'title="19 Nov 2026, 09:38:00 UTC"' in html


def test_a_moment_that_never_was_is_said() -> None:
    assert draw("{% when None %}") == '<span class="muted">Never</span>'


@pytest.mark.parametrize(
    "source",
    [
        "{% icon x label=x cls=x %}",
        "{% sev x %}",
        "{% risk 1 x %}",
        "{% risk 1 x label=True %}",
        "{% delta 1 x %}",
        "{% spark points x %}",
        "{% avatar x %}",
        "{% who x %}",
        "{% clock x x %}",
        "{% bar parts 1 x %}",
        "{% counts hostile %}",
        "{% reach x %}",
        "{% tag x x x %}",
        "{% tags texts x %}",
        "{% tags nothing x %}",
        "{% when None x %}",
    ],
)
def test_hostile_text_stays_text_in_every_tag(source: str) -> None:
    page = Tags(
        draw(source, x=HOSTILE, points=[1, 2], parts=[(HOSTILE, 1)], hostile={HOSTILE: 1}, texts=[HOSTILE], nothing=[])
    )
    assert page.seen <= {"span", "svg", "use", "polyline", "rect", "b"}
    assert "script" not in page.seen
    assert "onclick" not in page.attributes


def test_every_icon_a_template_asks_for_is_in_the_sprite() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    sprite = set(re.findall(r'<symbol id="i-([\w-]+)"', (templates / "_ui/_sprite.html").read_text()))
    code = Path(settings.BASE_DIR, "inventory/templatetags/ui.py").read_text()
    asked = {
        name: path.name
        for path in templates.rglob("*.html")
        for names in re.findall(r'{% icon "([\w-]+)"(?!\|)|{% tag \S+ "([\w-]+)"', path.read_text())
        for name in names
        if name
    }
    drawn = {f"sev-{word}" for word in ("critical", "high", "medium", "low", "info")}
    drawn |= {
        "arrow-up-right",
        "arrow-down-right",
        "alert-triangle",
        "clock",
        "world",
        "affiliate",
        "building",
        "user-question",
    }
    assert all(f'"{name}"' in code or name.startswith("sev-") for name in drawn)
    assert set(asked) | drawn <= sprite, sorted((set(asked) | drawn) - sprite)
