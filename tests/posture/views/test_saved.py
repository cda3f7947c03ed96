"""Saved views: whose they are, whom they are shared with, and what stays in the trail."""

import re
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from inventory.access.errors import ChangeRefused
from inventory.access.models import Membership, StateChange, User
from inventory.access.selectors import principal_of
from posture.models import SavedView
from posture.services.views import drop_view, see_first
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api
from tests.posture.views.pages import signed_in

pytestmark = pytest.mark.django_db


def save(client: Client, name: str = "Mine", query: str = "reach=public", **more: str) -> None:
    client.post("/views/save/", {"listed": "apis", "name": name, "query": query, **more})


def names(client: Client) -> list[str]:
    return re.findall(r'class="clip">([^<]*)<', client.get("/apis/").content.decode())


def mate_of(user: User) -> Client:
    other = person()
    for membership in Membership.objects.filter(user=user):
        Membership.objects.create(user=other, team=membership.team, role="member")
    return signed_in(other)


def test_a_view_is_private_until_it_is_shared_and_then_its_team_sees_it() -> None:
    ours = team("Payments")
    owner = person(owner_of=ours)
    client, mate, foreign = signed_in(owner), mate_of(owner), signed_in(person(owner_of=team("Theirs")))
    make_api(team=ours)
    save(client)
    assert (names(client), names(mate)) == (["Mine"], [])
    save(client, team=ours.slug)
    assert (names(client), names(mate), names(foreign)) == (["Mine"], ["Mine"], [])
    view = SavedView.objects.get()
    assert foreign.post(f"/views/{view.code}/first/", {"first": "yes"}).status_code == 404
    mate.post(f"/views/{view.code}/delete/")
    assert SavedView.objects.count() == 1
    mate.post(f"/views/{view.code}/first/", {"first": "yes"})
    assert mate.get("/apis/").headers["Location"] == "/apis/?reach=public"
    save(client)
    assert mate.get("/apis/").status_code == 200
    client.post(f"/views/{view.code}/delete/")
    assert not SavedView.objects.exists()
    verbs = list(StateChange.objects.filter(kind="view").order_by("id").values_list("verb", flat=True))
    assert verbs == ["save view", "save view", "see view first", "save view", "delete view"]


def test_nobody_shares_with_a_team_they_are_not_in() -> None:
    theirs = team("Theirs")
    client = signed_in(person(owner_of=team("Payments")))
    save(client, team=theirs.slug)
    assert not SavedView.objects.exists()


def test_a_view_keeps_what_is_asked_for_and_not_where_one_stands() -> None:
    client = signed_in(person(owner_of=team("Payments")))
    save(client, query="sort=name&after=abc&reach=public&q=&view=all")
    assert SavedView.objects.get().query == "reach=public&sort=name"


@pytest.mark.parametrize(("name", "listed"), [("", "apis"), ("x" * 81, "apis"), ("Mine", "elsewhere")])
def test_what_is_no_view_is_refused_in_words(name: str, listed: str) -> None:
    ours = team("Payments")
    client = signed_in(person(owner_of=ours))
    make_api(team=ours)
    answer = client.post("/views/save/", {"listed": listed, "name": name, "query": "reach=public"}, follow=True)
    assert "The view was not saved" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("name", "query", "why"),
    [
        ("x" * 81, "reach=public", "A name has at most 80 letters, and this one 81; shorten it."),
        ("Mine", "q=" + "x" * 2000, "This list is narrowed by more than can be kept; leave some of it out."),
        ("Mine", "q=" + "\N{SNOWMAN}" * 1900, "This list is narrowed by more than can be kept; leave some of it out."),
        (" ", "reach=public", "Give it a name."),
    ],
)
def test_what_was_refused_stands_in_the_menu_again_with_why_once(name: str, query: str, why: str) -> None:
    ours = team("Payments")
    client = signed_in(person(owner_of=ours))
    make_api(team=ours)
    save(client, name=name, query=query, team=ours.slug)
    assert "view-refused" not in client.get("/findings/", headers={"HX-Request": "true"}).content.decode()
    told = client.get("/apis/").content.decode()
    assert f"The view was not saved: {why}</span>" in told
    assert f'value="{name}" autofocus' in told
    assert f'<option value="{ours.slug}" selected>' in told
    assert "data-refused" not in client.get("/apis/").content.decode()


def test_a_name_is_text_wherever_it_stands() -> None:
    ours = team("Payments")
    client = signed_in(person(owner_of=ours))
    make_api(team=ours)
    save(client, name="<script>x</script>", query='q="><b>')
    page = client.get("/apis/?q=%22%3E%3Cb%3E").content.decode()
    assert "<script>x" not in page
    assert '"><b>' not in page


def test_a_view_that_another_window_deleted_is_told_and_one_that_is_too_long_is_refused() -> None:
    """Of two at once the slower met a row that was gone, and its page failed."""
    ours = team("Payments")
    client = signed_in(person(owner_of=ours))
    make_api(team=ours)
    save(client)
    view = SavedView.objects.get()
    SavedView.objects.filter(pk=view.pk).delete()
    acting = principal_of(view.owner, now=timezone.now())
    for act in (partial(see_first, first=True), drop_view):
        with pytest.raises(ChangeRefused, match="deleted a moment ago"):
            act(view=view, principal=acting, now=timezone.now())
    save(client, query="q=" + "\N{SNOWMAN}" * 1900)
    assert "narrowed by more than can be kept" in client.get("/apis/").content.decode()
    assert not SavedView.objects.exists()
