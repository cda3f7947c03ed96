"""What mapping rules say of calls in logs: a rule for a host or a path ties them to its API as it does findings."""

from datetime import datetime
from functools import lru_cache

from findings.choices import Severity
from findings.mapping import Rule, RuleBook, RuleKind
from findings.models import MappingRule
from findings.records import FindingRecord
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.models import Api
from inventory.selectors.apis import apis_for
from inventory.services.traffic.placing import Beyond, place_traffic
from inventory.signals import ApisChanged, endpoints_recorded

KINDS = (RuleKind.HOST, RuleKind.PATH)


def ruled(principal: Principal) -> Beyond | None:
    """Return what says which API a rule names for a host and path; None without any such rule."""
    rules = MappingRule.objects.filter(ended_at=None, kind__in=KINDS, api__in=apis_for(principal, Verb.UPLOAD))
    return _beyond(RuleBook(Rule(rule.pk, RuleKind(rule.kind), rule.pattern, rule.api_id) for rule in rules))


def _beyond(book: RuleBook) -> Beyond | None:
    if not book:
        return None

    @lru_cache(maxsize=10_000)
    def named(host: str, path: str) -> int | None:
        called = FindingRecord(
            source_kind="log", rule="", title="", severity=Severity.INFO, url=f"https://{host}{path}"
        )  # fmt: skip
        return book.find(called, "")

    return named


def place_by_rule(*, rule: MappingRule, now: datetime) -> int:
    """Give the calls that a new rule speaks of, and no address does, to its API; return how many APIs that concerns."""
    if rule.kind not in KINDS:
        return 0
    book = RuleBook([Rule(rule.pk, RuleKind(rule.kind), rule.pattern, rule.api_id)])
    touched = place_traffic(hosts=[rule.pattern.partition("/")[0]], beyond=_beyond(book), now=now)
    if touched:
        endpoints_recorded.send(Api, result=ApisChanged(api_ids=touched, cause=f"mapping rule {rule.code} made"))
    return len(touched)
