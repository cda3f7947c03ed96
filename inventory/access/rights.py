"""Who may do what: one table, read by every service, page and test of rights. Pure."""

from enum import Enum
from typing import Final

from django.db.models import TextChoices

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.records import Principal


class Verb(TextChoices):
    """What may be done. A row of the table with two halves, or a limit in a cell, is split into verbs.

    That a second person approves (never one's own request) is the service's check: the table knows roles only.
    """

    SEE = "see", "see APIs, findings and scores"
    SEE_PAYLOADS = "see_payloads", "see requests, answers and other payloads"
    UPLOAD = "upload", "upload reports and run connections"
    CLASSIFY = "classify", "map, classify, set facts and assign"
    DECIDE = "decide", "decide on findings and comment"
    ASK_ACCEPTANCE = "ask_acceptance", "ask for the acceptance of a risk"
    APPROVE_ACCEPTANCE = "approve_acceptance", "approve the acceptance of a risk up to high"
    APPROVE_CRITICAL = "approve_critical", "approve the acceptance of a critical risk"
    REVEAL = "reveal", "reveal masked evidence"
    TRIAGE_ALERTS = "triage_alerts", "triage alerts"
    DECLARE_INCIDENT = "declare_incident", "declare incidents"
    ACT_ON_INCIDENT = "act_on_incident", "act on incidents"
    CONNECT = "connect", "set up connections, their secrets and mapping rules"
    SET_POLICY = "set_policy", "change policies, checks, the score model and frameworks"
    APPROVE_MODEL = "approve_model", "approve a score model as the second person"
    APPROVE_SNAPSHOT = "approve_snapshot", "approve a snapshot as the second person"
    APPROVE_PLAYBOOK = "approve_playbook", "approve a playbook as the second person"
    SIGN_OFF = "sign_off", "sign off a snapshot"
    EXPORT = "export", "export and make reports"
    EXPORT_INCIDENTS = "export_incidents", "export and report incidents"
    MANAGE_PEOPLE = "manage_people", "manage people, teams, roles, sign-in, keys and the trail head"
    MANAGE_MEMBERS = "manage_members", "manage the members of a team"
    READ_TRAIL = "read_trail", "read the trail"


class Reach(Enum):
    """How far a role's right goes: nowhere, to the APIs of one's own teams, or to all."""

    NONE = "-"
    OWN = "own"
    ALL = "all"


COLUMNS: Final[tuple[OrganisationRole | TeamRole, ...]] = (
    OrganisationRole.ADMINISTRATOR,
    OrganisationRole.SECURITY_MANAGER,
    OrganisationRole.ANALYST,
    TeamRole.OWNER,
    TeamRole.MEMBER,
    OrganisationRole.RESPONDER,
    OrganisationRole.AUDITOR,
)
_N, _O, _A = Reach.NONE, Reach.OWN, Reach.ALL
TABLE: Final[dict[Verb, tuple[Reach, ...]]] = {
    #                        admin mana anal owne memb resp audi
    Verb.SEE:                (_A, _A, _A, _O, _O, _A, _A),
    Verb.SEE_PAYLOADS:       (_A, _A, _A, _O, _O, _A, _N),
    Verb.UPLOAD:             (_A, _A, _A, _O, _O, _N, _N),
    Verb.CLASSIFY:           (_N, _A, _A, _O, _O, _N, _N),
    Verb.DECIDE:             (_N, _A, _A, _O, _O, _N, _N),
    Verb.ASK_ACCEPTANCE:     (_N, _A, _A, _O, _O, _N, _N),
    Verb.APPROVE_ACCEPTANCE: (_N, _A, _N, _O, _N, _N, _N),
    Verb.APPROVE_CRITICAL:   (_N, _A, _N, _N, _N, _N, _N),
    Verb.REVEAL:             (_N, _A, _A, _O, _N, _A, _N),
    Verb.TRIAGE_ALERTS:      (_N, _A, _A, _O, _O, _A, _N),
    Verb.DECLARE_INCIDENT:   (_N, _A, _A, _O, _N, _A, _N),
    Verb.ACT_ON_INCIDENT:    (_N, _A, _A, _N, _N, _A, _N),
    Verb.CONNECT:            (_A, _A, _N, _O, _N, _N, _N),
    Verb.SET_POLICY:         (_N, _A, _N, _N, _N, _N, _N),
    Verb.APPROVE_MODEL:      (_N, _A, _N, _N, _N, _N, _N),
    Verb.APPROVE_SNAPSHOT:   (_N, _A, _N, _N, _N, _N, _N),
    Verb.APPROVE_PLAYBOOK:   (_N, _A, _N, _N, _N, _A, _N),
    Verb.SIGN_OFF:           (_N, _A, _N, _N, _N, _N, _A),
    Verb.EXPORT:             (_N, _A, _A, _O, _O, _N, _A),
    Verb.EXPORT_INCIDENTS:   (_N, _A, _A, _O, _O, _A, _A),
    Verb.MANAGE_PEOPLE:      (_A, _N, _N, _N, _N, _N, _N),
    Verb.MANAGE_MEMBERS:     (_A, _N, _N, _O, _N, _N, _N),
    Verb.READ_TRAIL:         (_A, _A, _N, _O, _N, _N, _A),
}  # fmt: skip

SCOPED_VERBS: Final = frozenset({Verb.SEE, Verb.SEE_PAYLOADS, Verb.UPLOAD, Verb.EXPORT, Verb.EXPORT_INCIDENTS})
"""What tokens and connections may do at all, each where it is in their scopes."""


def reach_of(role: OrganisationRole | TeamRole, verb: Verb) -> Reach:
    """Return how far a role's right to a verb goes."""
    return TABLE[verb][COLUMNS.index(role)]


def may(principal: Principal, verb: Verb, *, team_id: int | None) -> bool:
    """Return True when the principal may do this to something of the team.

    `team_id` is the team of the API in question; None stands for what belongs to no team (an unmapped finding,
    a policy, the organisation's sums), to which only a right to all reaches.
    """
    if principal.kind == PrincipalKind.SYSTEM:
        return True
    if not _in_scope(principal, verb):
        return False
    if any(reach_of(role, verb) is Reach.ALL for role in principal.organisation_roles):
        return True
    return any(own == team_id and reach_of(role, verb) is Reach.OWN for own, role in principal.team_roles)


def may_somewhere(principal: Principal, verb: Verb) -> bool:
    """Return True when there is anything the principal may do this to: enough to be shown the page or the button."""
    return may(principal, verb, team_id=None) or any(
        may(principal, verb, team_id=team_id) for team_id in principal.team_ids
    )


def roles_that_may(verb: Verb) -> tuple[str, ...]:
    """Return the names of the roles with this right, in the order of the table."""
    return tuple(str(role.label) for role in COLUMNS if reach_of(role, verb) is not Reach.NONE)


def require(principal: Principal, verb: Verb, *, team_id: int | None) -> None:
    """Raise AccessRefused, with the roles that hold the right, unless `may` says yes."""
    if not may(principal, verb, team_id=team_id):
        raise refused(verb, everywhere=team_id is None)


def refused(verb: Verb, *, everywhere: bool = False) -> AccessRefused:
    """Return the error that says which roles hold the right; `everywhere`: beyond what one's own teams hold."""
    reaches = {role: reach_of(role, verb) for role in COLUMNS}
    if not everywhere or Reach.OWN not in reaches.values():
        return AccessRefused(verb=str(verb.label), roles=roles_that_may(verb))
    roles = tuple(str(role.label) for role, reach in reaches.items() if reach is Reach.ALL)
    return AccessRefused(verb=f"{verb.label} for the whole organisation", roles=roles)


def _in_scope(principal: Principal, verb: Verb) -> bool:
    if principal.kind == PrincipalKind.USER:
        return True
    return verb in SCOPED_VERBS and principal.scopes is not None and verb.value in principal.scopes
