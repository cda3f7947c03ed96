"""The lists of APIs and findings: how many rows each choice leaves, which columns, which view first."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from posture.models import ApiScore
from posture.services.in_force import model_in_force
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import rows_of, score, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def choices(page: bytes, name: str) -> dict[str, str]:
    """Return the options of a field of the menu: value and text."""
    found = re.search(rf'<select name="{name}".*?</select>', page.decode(), re.DOTALL)
    assert found, name
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', found[0]))


def test_each_choice_tells_how_many_apis_it_leaves_with_the_rest_as_asked(analyst: Client) -> None:
    ours = team("Payments")
    bad, _, _, retired = (
        make_api(reach="public", environment="production", sensitivity="restricted", team=ours),
        make_api(reach="public", environment="test"),
        make_api(reach="internal", environment="production"),
        make_api(reach="public", stage="retired"),
    )
    make_finding(bad, severity=4)
    score(bad, retired)
    page = analyst.get("/apis/?reach=public").content
    assert choices(page, "reach")["public"] == "Public (2)"
    assert choices(page, "reach")["internal"] == "Internal (1)"
    assert choices(page, "reach")["partner"] == "Partner (0)"
    assert choices(page, "environment")["test"] == "Test (1)"
    assert choices(page, "environment")["production"] == "Production (1)"
    assert choices(page, "team") == {"": "Any", ours.slug: "Payments (1)", "none": "No team (1)"}
    assert choices(page, "stage")["retired"] == "Retired (1)"
    assert choices(page, "sensitivity")["restricted"] == "Restricted (1)"
    assert choices(page, "band")["unscored"] == "Not scored (1)"
    assert "Reach is Public" in text_of(page)


def test_each_choice_tells_how_many_findings_it_leaves_with_the_rest_as_asked(analyst: Client) -> None:
    ours = team("Payments")
    api, other = make_api(team=ours), make_api()
    for severity, status in ((4, "new"), (4, "triaged"), (2, "new"), (4, "closed")):
        make_finding(api, severity=severity, status=status, source_kind="zap")
    make_finding(other, severity=4, source_kind="lint")
    make_finding(None, severity=1)
    page = analyst.get("/findings/?severity=critical").content
    assert choices(page, "severity")["critical"] == "Critical (3)"
    assert choices(page, "severity")["medium"] == "Medium (1)"
    assert choices(page, "severity")["info"] == "Info (0)"
    assert choices(page, "team") == {"": "Any", ours.slug: "Payments (2)", "none": "No team (1)"}
    assert choices(page, "status")["triaged"] == "Triaged (1)"
    assert choices(page, "status")["closed"] == "No longer found"
    page = analyst.get("/findings/?status=any").content
    assert choices(page, "status")["closed"] == "No longer found (1)"


def test_a_choice_counts_only_what_is_in_sight() -> None:
    ours = team("Payments")
    make_finding(make_api(team=ours, reach="public"), severity=4)
    make_finding(make_api(team=team("Theirs"), reach="public"), severity=4)
    owner = signed_in(person(owner_of=ours))
    assert choices(owner.get("/apis/").content, "reach")["public"] == "Public (1)"
    assert choices(owner.get("/findings/").content, "severity")["critical"] == "Critical (1)"


def test_the_columns_one_asks_for_stand_on_the_page_and_in_the_file(analyst: Client) -> None:
    api = make_api(team=team("Payments"), reach="public")
    make_finding(api)
    page = analyst.get("/apis/?cols=reach,nonsense").content
    assert "Public" in rows_of(page)[0]
    heads = [text_of(head.encode()) for head in re.findall(r"<th scope.*?</th>", page.decode(), re.DOTALL)]
    assert heads == ["Risk", "API", "Reach"]
    answer = analyst.get("/export/apis.csv?cols=reach").getvalue().decode("utf-8-sig")
    assert next(csv.reader(StringIO(answer))) == ["Code", "API", "Version", "Risk score", "Risk", "Reach", "Marks"]
    answer = analyst.get("/export/findings.csv?cols=status").getvalue().decode("utf-8-sig")
    assert {"API", "Source", "First seen"}.isdisjoint(next(csv.reader(StringIO(answer))))
    assert analyst.get("/findings/?cols=none").content.count(b'<th scope="col"') == 2


def test_a_list_opened_plainly_shows_the_view_somebody_wants_first(analyst: Client) -> None:
    make_api(reach="public")
    analyst.post("/views/save/", {"listed": "apis", "name": "Outside", "query": "reach=public"})
    assert analyst.get("/apis/").status_code == 200
    page = analyst.get("/apis/?reach=public").content.decode()
    [code] = re.findall(r"/views/(VIEW-\w+)/first/", page)
    analyst.post(f"/views/{code}/first/", {"first": "yes"})
    assert analyst.get("/apis/").headers["Location"] == "/apis/?reach=public"
    everything = analyst.get("/apis/?view=all")
    assert everything.status_code == 200
    assert b'href="/apis/?view=all" aria-current="page"' in everything.content
    assert analyst.get("/findings/").status_code == 200


def test_the_list_draws_how_each_score_went_beside_a_text_that_says_it(analyst: Client) -> None:
    api, young = make_api(name="Old"), make_api(name="Young")
    score(api, young)
    now = timezone.now()
    for days, points in ((100, 20), (3, 31.4)):
        ApiScore.objects.create(
            api=api, at=now - timedelta(days=days), score=points, inherent=points, band="high", cause="a test",
            factors={}, inputs={}, model_id=model_in_force(now=now).model_id,
        )  # fmt: skip
    old, new = sorted(rows_of(analyst.get("/apis/").content), key=lambda row: "Young" in row)
    assert "11 worse" in old
    assert "20 to 31 in 12 weeks" in old
    assert "worse" not in new
    assert b'<svg class="spark up"' in analyst.get("/apis/?cols=weeks").content
    assert b'class="spark' not in analyst.get("/apis/?cols=reach").content
