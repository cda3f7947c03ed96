"""The playbooks that come with the product: one YAML file each beside this module, read when they are asked for. Pure.

A playbook may call shared ones; what is kept with an incident is the whole of it, so that a later edition changes
nothing in a room that follows an earlier one.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent
SHARED: Final = "common"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One playbook in full: `body` as the engine walks it, `digest` of all that it says."""

    slug: str
    title: str
    level: str
    categories: tuple[str, ...]
    triggers: tuple[str, ...]
    first_look: tuple[str, ...]
    obligations: tuple[str, ...]
    exit_criteria: tuple[str, ...]
    roles: tuple[str, ...]
    body: tuple[dict[str, Any], ...]
    digest: str


@cache
def shelf() -> dict[str, Printed]:
    """Return every playbook that an incident can follow, by its name in files."""
    told = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(HERE.glob("*.yaml"))}
    return {slug: _printed(slug, told) for slug, each in told.items() if each["kind"] != SHARED}


def playbook_for(category: str) -> str:
    """Return the playbook that fits attacks of a category best; empty when none does."""
    fitting = (slug for slug, each in shelf().items() if each.categories[:1] == (category,))
    return next(fitting, "")


def _printed(slug: str, told: dict[str, Any]) -> Printed:
    each = told[slug]
    body = tuple(_nodes(each["steps"], told, ""))
    facts = {key: value for key, value in each.items() if key != "steps"}
    digest = hashlib.sha256(json.dumps([facts, body], sort_keys=True).encode()).hexdigest()
    return Printed(
        slug=slug, title=each["title"], level=each["default_severity"], categories=tuple(each["owasp"]),
        triggers=tuple(each["triggers"]), first_look=tuple(each["first_look"]), roles=tuple(each["roles"]),
        obligations=tuple(each["obligations"]), exit_criteria=tuple(each["exit_criteria"]), body=body, digest=digest,
    )  # fmt: skip


def _nodes(steps: list[dict[str, Any]], told: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """Return steps as nodes, each with the place it has in the whole as its id, and calls written out."""
    return [_node(step, told, f"{place}{number}") for number, step in enumerate(steps, 1)]


def _node(step: dict[str, Any], told: dict[str, Any], place: str) -> dict[str, Any]:
    match step["step"]:
        case "call":
            called = told[step["playbook"]]
            return {"step": "group", "title": called["title"], "steps": _nodes(called["steps"], told, f"{place}.")}
        case "parallel":
            ways = enumerate(step["branches"])
            return {"step": "parallel", "branches": [_nodes(way, told, f"{place}.{'abcdef'[n]}.") for n, way in ways]}
        case "decision":
            branches = {word: step[word] for word in ("yes", "no")}
            return {
                "step": "decision", "id": place, "text": step["question"], "phase": step["phase"], "role": step["role"],
                **{word: _nodes(branch, told, f"{place}.{word}.") for word, branch in branches.items()},
            }  # fmt: skip
    return {
        "step": "action", "id": place, "text": step["do"], "phase": step["phase"], "role": step["role"],
        "minutes": step["target_min"], "evidence": step.get("evidence") or "",
    }  # fmt: skip
