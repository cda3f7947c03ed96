"""A duplicate names another finding, and one that whoever decides can see."""

import pytest

from findings.errors import FindingsRefused
from findings.models import Decision
from findings.services.decide import Statement, Target, decide
from findings.status import DecisionKind
from inventory.access.selectors import principal_of
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api, make_finding

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("named", ["", "FND-NOWHERE", "itself", "foreign"])
def test_a_duplicate_is_one_of_another_finding_in_sight(named: str) -> None:
    held = team("Payments")
    api, owner = make_api(team=held), principal_of(person(owner_of=held), now=NOW)
    found, original, foreign = make_finding(api), make_finding(api), make_finding(make_api(team=team("Logistics")))
    target = Target(finding_ids=(found.pk,))
    wrong = {"itself": found.code, "foreign": foreign.code}.get(named, named)
    said = Statement(kind=DecisionKind.DUPLICATE, reason="Same line.", proof=wrong)
    with pytest.raises(FindingsRefused, match="none like that in sight"):
        decide(target=target, statement=said, principal=owner, now=NOW)
    right = Statement(kind=DecisionKind.DUPLICATE, reason="Same line.", proof=f" {original.code.lower()} ")
    decide(target=target, statement=right, principal=owner, now=NOW)
    assert Decision.objects.get(finding=found).proof == original.code
