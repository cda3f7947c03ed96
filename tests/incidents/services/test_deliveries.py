"""Deliveries at the door: signed ones become a job, all others are 401 and told nothing more."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from findings.models import Report
from incidents.models import Episode, SeenDelivery
from incidents.services.deliveries import forget_deliveries
from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.people import add_member
from inventory.errors import ConnectionRefused
from inventory.jobs.models import Job, KeptAnswer, Schedule, Secret
from inventory.models import Connection, Run
from inventory.services.connections import Wanted, create_connection, pause_connection
from inventory.services.hooks import make_secret
from tests.findings.reports import settle
from tests.incidents.attacks import alert, document
from tests.inventory.access.people import person, team

BODY = document(alert(1), alert(2))


@pytest.fixture
def manager(fresh_database: str) -> Principal:
    return principal_of(person(OrganisationRole.SECURITY_MANAGER), now=timezone.now())


def hook(manager: Principal, **more: Any) -> tuple[Connection, str]:
    wanted = Wanted(kind="webhook", name="Gateway", options={"signature": "", "format": "", **more}, team=None)
    connection = create_connection(wanted=wanted, principal=manager, now=timezone.now())
    return connection, make_secret(connection=connection, principal=manager, now=timezone.now())


def send(
    code: str, secret: str, body: bytes = BODY, *, name: str = "msg_1", age: int = 0, more: dict[str, str] | None = None
) -> Any:
    seconds = str(int(timezone.now().timestamp()) - age)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{name}.{seconds}.".encode() + body, hashlib.sha256)
    said = {"webhook-id": name, "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}", **(more or {})}  # fmt: skip
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/hooks/{code}/", body, content_type="application/json", headers=said)


def test_a_signed_delivery_is_read_like_any_document(manager: Principal) -> None:
    connection, secret = hook(manager)
    answer = send(connection.code, secret)
    assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    settle(now=timezone.now())
    assert Episode.objects.get().alerts == 2
    connection.refresh_from_db()
    assert connection.last_good_at
    assert Run.objects.get().documents[0]["job"] == str(Job.objects.get(kind="incidents.alerts").pk)


def test_what_is_not_right_is_401_and_told_nothing_more(manager: Principal) -> None:
    connection, secret = hook(manager)
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert send(connection.code, secret, name="seen").status_code == 202
    answers = [
        send(connection.code, other), send(connection.code, secret, age=301), send(connection.code, secret, age=-301),
        send(connection.code, secret, more={"webhook-signature": ""}), send(connection.code, secret, name="seen"),
        send(connection.code, secret, more={"webhook-id": "another"}), send("CON-00000000", secret),
        Client().post(f"/hooks/{connection.code}/", BODY, content_type="application/json"),
    ]  # fmt: skip
    pause_connection(connection=connection, pause=True, principal=manager, now=timezone.now())
    answers.append(send(connection.code, secret, name="paused"))
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"")}
    assert Report.objects.count() == 1
    assert SeenDelivery.objects.count() == 1


def test_a_webhook_without_a_secret_and_another_kind_take_nothing(manager: Principal) -> None:
    connection, secret = hook(manager)
    Secret.objects.all().delete()
    assert send(connection.code, secret).status_code == 401
    Connection.objects.update(kind="url")
    make_secret_of_url = Connection.objects.get()
    with pytest.raises(ConnectionRefused):
        make_secret(connection=make_secret_of_url, principal=manager, now=timezone.now())


def test_a_webhook_runs_at_no_hour(manager: Principal) -> None:
    wanted = Wanted(kind="webhook", name="Hourly", options={}, rule="every 3600")
    connection = create_connection(wanted=wanted, principal=manager, now=timezone.now())
    assert connection.rule == ""
    assert not Schedule.objects.filter(name=connection.schedule_name, enabled=True).exclude(rule="").exists()


def test_a_new_secret_shuts_out_the_old_one(manager: Principal) -> None:
    connection, old = hook(manager)
    new = make_secret(connection=connection, principal=manager, now=timezone.now())
    assert send(connection.code, old).status_code == 401
    assert send(connection.code, new).status_code == 202


def test_a_secret_is_kept_sealed_and_in_no_trail(manager: Principal) -> None:
    _, secret = hook(manager)
    kept = [
        *StateChange.objects.values(), *KeptAnswer.objects.values(), *Connection.objects.values(),
        *Secret.objects.values(),
    ]  # fmt: skip
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(raw) == 32
    assert secret not in str(kept)
    assert not any(raw in bytes(row.sealed) for row in Secret.objects.all())


def test_who_may_not_connect_may_make_no_secret(manager: Principal) -> None:
    connection, _ = hook(manager)
    for role in (OrganisationRole.ANALYST, OrganisationRole.AUDITOR, OrganisationRole.RESPONDER):
        with pytest.raises(AccessRefused):
            make_secret(connection=connection, principal=principal_of(person(role), now=timezone.now()),
                        now=timezone.now())  # fmt: skip


def test_what_cannot_be_read_is_told_to_who_signed_it_and_may_come_again(manager: Principal) -> None:
    connection, secret = hook(manager)
    answer = send(connection.code, secret, b'{"hello": 1}')
    assert answer.status_code == 422
    assert "no format that can be read" in answer.json()["error"]
    assert not SeenDelivery.objects.exists()
    assert not Job.objects.filter(kind="incidents.alerts").exists()


def test_a_body_without_length_or_larger_than_a_megabyte_is_not_read(manager: Principal) -> None:
    connection, secret = hook(manager)
    assert send(connection.code, secret, b" " * ((1 << 20) + 1)).status_code == 413
    assert (
        Client().generic("POST", f"/hooks/{connection.code}/", b"x", headers={"Content-Length": ""}).status_code == 411
    )
    assert Client().get(f"/hooks/{connection.code}/").status_code == 405


def test_the_secret_is_shown_once_on_the_page_and_told_once_by_the_interface(manager: Principal) -> None:
    connection, _ = hook(manager)
    page = Client()
    page.force_login(person(OrganisationRole.SECURITY_MANAGER))
    shown = page.post(f"/connections/{connection.code}/secret/")
    assert shown.content.count(b"whsec_") == 1
    assert shown["Cache-Control"] == "no-store"
    assert b"whsec_" not in page.get(f"/connections/{connection.code}/").content


def test_a_team_receives_for_its_own_apis_only(manager: Principal) -> None:
    held = team("Payments")
    owner = person()
    add_member(user=owner, team=held, role=TeamRole.OWNER, principal=SYSTEM, now=timezone.now())
    wanted = Wanted(kind="webhook", name="Ours", options={}, team=held)
    connection = create_connection(wanted=wanted, principal=principal_of(owner, now=timezone.now()), now=timezone.now())
    secret = make_secret(connection=connection, principal=principal_of(owner, now=timezone.now()), now=timezone.now())
    assert send(connection.code, secret).status_code == 202
    settle(now=timezone.now())
    assert Episode.objects.get().team == held
    assert Episode.objects.visible_to(principal_of(person(), now=timezone.now())).count() == 0


def test_old_deliveries_are_forgotten_when_their_age_refuses_them(manager: Principal) -> None:
    connection, secret = hook(manager)
    send(connection.code, secret)
    assert forget_deliveries(now=timezone.now() + timedelta(minutes=9)) == 0
    assert forget_deliveries(now=timezone.now() + timedelta(minutes=11)) == 1
