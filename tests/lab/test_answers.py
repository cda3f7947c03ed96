"""The answer key of the lab comes out exactly, asked for through the REST interface, of what the lab kept.

`LAB_OUTPUT` names another run's folder (`manage.py lab --seed 5 --to FOLDER`), to see that the key holds for seeds that
nobody looked at.
"""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from inventory.services.discovery import set_discovery_days
from tests.callers import Caller, token_of
from tests.findings.reports import settle, take_in
from tests.inventory.access.people import person

KEPT = Path(os.environ.get("LAB_OUTPUT") or settings.DEMO_SOURCE)
ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text())
LABELS = json.loads((KEPT / "labels.json").read_text())
ABOUT = json.loads((KEPT / "lab.json").read_text())
NOW = datetime.fromisoformat(ABOUT["first_day"]).replace(tzinfo=UTC) + timedelta(days=ABOUT["days"], hours=1)


@pytest.fixture(scope="module")
def lab(module_database: str) -> Caller:
    """Take in what the lab's dozen described and what its gateway, tools and we wrote; somebody who sees all asks."""
    user = person(OrganisationRole.SECURITY_MANAGER)
    manager = principal_of(user, now=NOW)
    set_discovery_days(days=7, principal=manager, now=NOW)
    for told in json.loads((KEPT / "apis.json").read_text()):
        if told["running"]:
            path = KEPT / "specifications" / f"{told['slug']}.json"
            take_in(path.read_bytes(), path.name, manager, now=NOW)
    for path in (KEPT / "logs" / "access.json.gz", *sorted((KEPT / "reports").glob("zap-*.json"))):
        take_in(path.read_bytes(), path.name, manager, now=NOW)
    settle(now=NOW)
    return Caller(token=token_of(user))


def test_what_the_lab_kept_does_not_say_on_which_machine_it_was_made() -> None:
    """Semgrep calls a rule after the path to its file, and a finding shows that to everybody."""
    rules = json.loads((KEPT / "reports" / "code" / "semgrep.json").read_text())["results"]
    assert rules
    assert {rule["check_id"].rpartition(".")[0] for rule in rules} == {"rules"}


def names(lab: Caller) -> dict[str, str]:
    return {api["code"]: api["name"] for api in lab.walk("apis/")}


def told(row: Any, apis: dict[str, str]) -> str:
    return f"{apis[row['api']]} {row['method']} {row['path']}"


@pytest.mark.parametrize("state", sorted(ANSWERS["states"]))
def test_each_state_holds_the_endpoints_of_the_key_and_no_other(lab: Caller, state: str) -> None:
    apis = names(lab)
    found = sorted(told(row, apis) for row in lab.walk("endpoints/", state=state))
    assert found == ANSWERS["states"][state]


def test_the_endpoints_that_answer_without_credentials_are_those_of_the_key(lab: Caller) -> None:
    apis = names(lab)
    rows = [row for row in lab.walk("endpoints/") if row["open_calls"] and row["authentication"] != "none"]
    assert sorted(told(row, apis) for row in rows) == ANSWERS["unauthenticated"]


@pytest.mark.parametrize("rule", sorted(ANSWERS["checks"]))
def test_our_own_checks_fail_where_the_key_says_and_nowhere_else(lab: Caller, rule: str) -> None:
    apis = names(lab)
    rows = lab.walk("findings/", source_kind="posture checks", rule=rule)
    assert sorted({apis[row["api"]] for row in rows if row["present"]}) == ANSWERS["checks"][rule]


def test_the_detections_name_the_attackers_of_the_key_and_nobody_else(lab: Caller) -> None:
    apis = names(lab)
    expected = sorted(
        (one["rule"], one["api"], one["endpoint"], client)
        for one in ANSWERS["detections"]
        for client in LABELS["attackers"][one["client"]]
    )
    rows = lab.walk("alerts/", source_kind="posture")
    found = sorted(
        (row["rule"], apis[row["api"]], f"{row['endpoint']['method']} {row['endpoint']['path']}", row["actor"])
        for row in rows
    )
    assert found == expected
    assert not {row["actor"] for row in rows} & set(LABELS["benign"])


def test_what_the_written_reports_tell_lies_on_the_endpoints_of_the_key(lab: Caller) -> None:
    apis = names(lab)
    rows = lab.walk("findings/", source_kind="zap")
    assert rows
    for one in ANSWERS["flaws"]:
        for rule in (words.removeprefix("zap ") for words in one["told_by"] if words.startswith("zap ")):
            places = [f"{row['method']} {row['path']}" for row in rows if met(row, apis, one["api"], rule)]
            assert any(lies_on(place, one["endpoint"]) for place in places), (one, places)


def met(row: Any, apis: dict[str, str], api: str, rule: str) -> bool:
    return row["rule"] == rule and apis.get(row["api"]) == api and row["present"]


def lies_on(place: str, endpoint: str) -> bool:
    """Tell whether a path with a value in it, as a scanner writes it, is one of an endpoint with a parameter."""
    return re.fullmatch(re.sub(r"\\{\w*\\}", "[^/ ]+", re.escape(endpoint)), place) is not None
