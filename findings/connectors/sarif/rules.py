"""The rules of a run, and which of them a result means (SARIF 2.1.0, sections 3.27.5 to 3.27.7 and 3.52)."""

from dataclasses import dataclass, field
from typing import Any

from findings.choices import Confidence
from findings.connectors.sarif.weakness import (
    Taxonomies,
    confidence_of,
    cve_in,
    cwe_in,
    names_of,
    score_of,
    taxa_of,
)
from inventory.connectors.base import as_list, as_map, as_text, as_whole, clip, one_line

MOST_REMEDY = 2000
MOST_LEVELS = 20
"""How many parts of a hierarchical id are taken off to find its rule."""

MOST_KNOWN = 10_000
"""How many ids are remembered with their rule at a time."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says of its results."""

    id: str = ""
    level: str = ""
    score: float | None = None
    confidence: Confidence | None = None
    cwe: tuple[int, ...] = ()
    cve: str = ""
    title: str = ""
    remedy: str = ""
    texts: dict[str, str] = field(default_factory=dict)


UNKNOWN = Rule()
_NO_RULE: dict[str, Any] = {}


class Rules:
    """Finds the rule of a result. Each rule is read once, when the first result means it."""

    def __init__(self, tool: dict[str, Any], taxonomies: Taxonomies, levels: dict[str, str]) -> None:
        components = [as_map(tool.get("driver")), *(as_map(node) for node in as_list(tool.get("extensions")))]
        self._rules = [as_list(component.get("rules")) for component in components]
        self._components: dict[tuple[str, str], int] = {}
        for number, component in enumerate(components):
            for key in ("guid", "name"):
                self._components.setdefault((key, as_text(component.get(key))), number)
        self._shared = _texts(components[0].get("globalMessageStrings"))
        self._taxonomies = taxonomies
        self._levels = levels
        self._by_id: dict[str, dict[str, Any]] = {}
        for rules in self._rules:
            for node in rules:
                if name := as_text(as_map(node).get("id")):
                    self._by_id.setdefault(name, node)
        self._read: dict[int, Rule] = {}
        self._known: dict[tuple[str, int | None, int], tuple[str, Rule]] = {}

    def text_of(self, rule: Rule, name: str) -> str:
        """Return a message by its id, the rule's own before the tool's; empty when there is none."""
        return rule.texts.get(name) or self._shared.get(name, "")

    def of(self, result: dict[str, Any]) -> tuple[str, Rule]:
        """Return the rule's id as the result has it, empty when it names none, and what is known of the rule."""
        reference = as_map(result.get("rule"))
        named = as_text(result.get("ruleId")) or as_text(reference.get("id"))
        index = _index(result.get("ruleIndex"))
        if index is None:
            index = _index(reference.get("index"))
        component = self._component(as_map(reference.get("toolComponent")))
        key = (named, index, component)
        if (known := self._known.get(key)) is None:
            node = self._find(named, index, component)
            if id(node) not in self._read:
                self._read[id(node)] = self._rule(node) if node else UNKNOWN
            rule = self._read[id(node)]
            known = (clip(named or rule.id, 300), rule)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return known

    def _component(self, reference: dict[str, Any]) -> int:
        """Return 0 for the driver, else one more than the position of the extension."""
        if not reference:
            return 0
        index = _index(reference.get("index"))
        if index is not None:
            return index + 1
        for key in ("guid", "name"):
            if (value := as_text(reference.get(key))) and (key, value) in self._components:
                return self._components[key, value]
        return 0

    def _find(self, named: str, index: int | None, component: int) -> dict[str, Any]:
        rules = self._rules[component] if component < len(self._rules) else []
        pointed = as_map(rules[index]) if index is not None and index < len(rules) else {}
        own = as_text(pointed.get("id"))
        # An id may be hierarchical: rule CA1000 with results of CA1000/1. A number that contradicts the id is wrong.
        known = named.startswith(own) and named[len(own) : len(own) + 1] in {"", "/"}
        if pointed and (not named or not own or known):
            return pointed
        for _ in range(MOST_LEVELS):
            if not named or named in self._by_id:
                break
            named = named.rpartition("/")[0]
        return self._by_id.get(named, _NO_RULE)

    def _rule(self, node: dict[str, Any]) -> Rule:
        properties = as_map(node.get("properties"))
        name = as_text(node.get("id"))
        described = [_text(node.get(key)) for key in ("shortDescription", "fullDescription")]
        targets = [as_map(as_map(relation).get("target")) for relation in as_list(node.get("relationships"))]
        named = [*names_of(properties), *taxa_of(targets, self._taxonomies), name, as_text(node.get("name"))]
        default = as_map(node.get("defaultConfiguration")).get("level")
        return Rule(
            id=name,
            level=self._levels.get(name) or as_text(default),
            score=score_of(properties),
            confidence=confidence_of(properties),
            cwe=cwe_in(named),
            cve=cve_in(named),
            title=one_line(described[0] or described[1] or as_text(node.get("name")) or name),
            remedy=(_text(node.get("help")) or as_text(node.get("helpUri")) or described[1])[:MOST_REMEDY],
            texts=_texts(node.get("messageStrings")),
        )


def levels_set(invocations: list[Any], tool: dict[str, Any]) -> dict[str, str]:
    """Return the levels that were set for rules on the command line, by the id of the rule."""
    rules = as_list(as_map(tool.get("driver")).get("rules"))
    levels: dict[str, str] = {}
    for invocation in invocations:
        for node in as_list(as_map(invocation).get("ruleConfigurationOverrides")):
            override = as_map(node)
            descriptor = as_map(override.get("descriptor"))
            index = _index(descriptor.get("index"))
            name = as_text(descriptor.get("id"))
            if not name and index is not None and index < len(rules):
                name = as_text(as_map(rules[index]).get("id"))
            level = as_text(as_map(override.get("configuration")).get("level"))
            if name and level:
                levels.setdefault(name, level)
    return levels


def _index(value: Any) -> int | None:
    return as_whole(value, least=0, most=1 << 31)


def _text(value: Any) -> str:
    """Return the text of a multiformat message, else its markdown, which is text too."""
    message = as_map(value)
    return as_text(message.get("text")) or as_text(message.get("markdown"))


def _texts(value: Any) -> dict[str, str]:
    return {name: text for name, node in as_map(value).items() if (text := _text(node))}
