"""What stands around every page."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from findings.models import Finding
from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job
from posture.selectors.demands import MOST
from posture.services.demo.progress import Progress, tell
from tests.inventory.access.people import person, team
from tests.posture.services.estates import finding, make_api, make_finding
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings: Settings) -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ORGANISATION_NAME = "Harbour & Sons"


def job_of(user: object, state: str = "queued") -> None:
    now = timezone.now()
    principal = principal_of(user, now=now)  # type: ignore[arg-type] # a person
    Job.objects.create(
        kind="x", title="x", principal=principal.stored(), user_id=principal.user_id, queue="bulk", state=state,
        created_at=now, finished_at=None if state in {"queued", "running"} else now,
    )  # fmt: skip


def test_the_side_bar_names_the_person_their_role_and_the_organisation() -> None:
    user = person(OrganisationRole.ANALYST, owner_of=team())
    text = text_of(signed_in(user).get("/apis/").content)
    assert "Harbour & Sons" in text
    assert f"{user.name} Analyst" in text


@pytest.mark.parametrize(
    ("kind", "role"), [("owner", "Team owner"), ("member", "Team member"), ("nobody", "No team yet")]
)
def test_somebody_without_an_organisation_role_is_named_by_their_team_role(kind: str, role: str) -> None:
    ours = team()
    users = {"owner": {"owner_of": ours}, "member": {"member_of": ours}, "nobody": {}}
    user = person(**users[kind])  # type: ignore[arg-type] # keywords by name
    assert f"{user.name} {role}" in text_of(signed_in(user).get("/apis/").content)


def test_the_side_bar_counts_what_asks_for_somebody_and_nothing_else() -> None:
    held = team()
    ours, theirs = person(member_of=held), person(member_of=team())
    job_of(ours, "failed")
    job_of(ours, "done")
    job_of(theirs, "quarantined")
    job_of(theirs, "running")
    api = make_api(team=held)
    for severity, status in ((4, "new"), (3, "reopened"), (2, "new"), (4, "resolved")):
        make_finding(api, severity=severity, status=status)
    make_finding(make_api(), severity=4)
    seen = text_of(signed_in(ours).get("/apis/").content)
    assert "Findings 2 critical or high" in seen
    assert "Jobs 1 failed" in seen
    everything = text_of(signed_in(person(OrganisationRole.AUDITOR)).get("/apis/").content)
    assert "Findings 3 critical or high" in everything
    assert "Jobs 2 failed" in everything
    nothing = text_of(signed_in(person(member_of=team())).get("/apis/").content)
    assert "critical or high" not in nothing
    assert "failed" not in nothing


def test_the_side_bar_counts_no_further_than_it_says() -> None:
    api = make_api()
    Finding.objects.bulk_create(finding(api, severity=4) for _ in range(MOST))
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    assert "Findings 999+ critical or high" in text_of(auditor.get("/apis/").content)
    Finding.objects.order_by("pk")[0].delete()
    assert "Findings 999 critical or high" in text_of(auditor.get("/apis/").content)


def test_a_place_stands_there_for_those_whom_it_lets_in() -> None:
    page = signed_in(person(OrganisationRole.AUDITOR)).get("/apis/").content.decode()
    assert 'href="/upload/"' not in page
    assert 'href="/connections/" data-go="n"' in page


def test_the_search_is_there_for_people_and_works_without_a_script() -> None:
    page = signed_in(person(OrganisationRole.AUDITOR)).get("/apis/").content.decode()
    assert '<a class="top-search" href="/search" data-open="palette">' in page
    assert 'id="palette"' in page
    assert "top-search" not in Client().get("/nowhere/").content.decode()


def test_the_upload_button_is_for_those_who_may_upload() -> None:
    for user, may in ((person(OrganisationRole.AUDITOR), False), (person(), False), (person(member_of=team()), True)):
        assert ('href="/upload/"' in signed_in(user).get("/jobs/").content.decode()) == may


def test_lists_are_offered_as_a_file_with_their_filter_to_those_who_may_export() -> None:
    make_api(reach="public")
    for role, may in ((OrganisationRole.AUDITOR, True), (OrganisationRole.RESPONDER, False)):
        page = signed_in(person(role)).get("/apis/?reach=public").content.decode()
        assert ('href="/export/apis.csv?reach=public"' in page) == may


def test_the_page_one_is_on_is_marked() -> None:
    client = signed_in(person(OrganisationRole.ANALYST))
    assert 'href="/apis/" data-go="a" aria-current="page"' in client.get("/apis/").content.decode()
    assert 'href="/jobs/" data-go="j" aria-current="page"' in client.get("/jobs/").content.decode()


def test_theme_and_single_keys_come_from_the_profile() -> None:
    user = person(OrganisationRole.ANALYST)
    page = signed_in(user).get("/apis/").content.decode()
    assert 'data-theme="auto"' in page
    assert "data-single-keys" not in page
    user.theme, user.single_keys = "dark", False
    user.save()
    page = signed_in(user).get("/apis/").content.decode()
    assert 'data-theme="dark"' in page
    assert '<body data-single-keys="off">' in page
    assert 'name="theme" value="light"' in page


def test_the_shell_costs_a_stranger_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cache.clear()
    with django_assert_num_queries(0):
        page = Client().get("/nowhere/")
    assert "Sign in" in text_of(page.content)
    assert 'href="/jobs/"' not in page.content.decode()


def test_every_page_says_how_far_the_demo_is_while_it_is_loaded(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_DATA, settings.DEMO_FOLDER = True, tmp_path / "demo"
    tell(Progress(step=2, steps=6, doing="Read the specifications"))
    client = signed_in(person(OrganisationRole.ANALYST))
    assert "step 2 of 6: read the specifications" in text_of(client.get("/settings/profile/").content)
    tell(None)
    assert "demo" not in text_of(client.get("/settings/profile/").content)
