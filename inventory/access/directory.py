"""People, teams, invitations and tokens as the pages show them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict

from inventory.access.belongings import Belonging, floors
from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.filters import ListFilter
from inventory.access.models import Invitation, Membership, OrganisationRoleGrant, Team, Token, User
from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.access.selectors import FACTORS, teams_in_sight
from inventory.access.veils import unveil, veil

BY_NAME: Final = (Key(name="name_key", read=read_text), Key(name="pk", read=read_number))
NEWEST: Final = (Key(name="pk", read=read_number, descending=True),)
NO_ROLE: Final = "none"
PEOPLE, TOKENS, INVITATIONS = "person", "token", "invitation"


def code_of(number: int, purpose: str) -> str:
    """Return what stands for a row's number in addresses: it reveals no count."""
    return veil(number, purpose=purpose, key=settings.DIGEST_KEY)


def number_of(code: str, purpose: str) -> int:
    """Return the number behind a code; 0, which is no row's, for any other text."""
    return unveil(code, purpose=purpose, key=settings.DIGEST_KEY) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    """One team of the list. `own_role` is that of who asks, if any."""

    team: Team
    owners: tuple[str, ...]
    members: int
    apis: int
    own_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a team."""

    user: User
    code: str
    role: TeamRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role for the whole organisation and when it ends; `over` once it has ended."""

    role: OrganisationRole
    until: datetime | None
    over: bool

    @property
    def last(self) -> datetime | None:
        """The last second it holds, for it is given until the end of a day."""
        return self.until - timedelta(seconds=1) if self.until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person of the list."""

    user: User
    code: str
    grants: tuple[Grant, ...]
    memberships: tuple[Membership, ...]
    has_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What somebody answers for: things on other floors, and teams whose only owner they are."""

    things: tuple[Belonging, ...]
    alone_in: tuple[Team, ...]


class TeamFilter(ListFilter):
    """Which teams to list."""

    noun = "team"

    def apply(self, teams: QuerySet[Team]) -> QuerySet[Team]:
        """Return the teams that match."""
        text = self.value("q")
        return teams.filter(Q(name__icontains=text) | Q(slug__icontains=text)) if text else teams


class PeopleFilter(ListFilter):
    """Which people to list."""

    noun = "person"

    def __init__(self, asked: QueryDict, *, teams: Collection[tuple[str, str]]) -> None:
        """Offer these teams, as (slug, name)."""
        super().__init__(asked)
        self.offer("role", "Role", [*OrganisationRole.choices, (NO_ROLE, "No role and no team")])
        self.offer("team", "Team", list(teams))
        self.offer("account", "Account", [("open", "Open"), ("closed", "Closed")])
        self.full_clean()

    def apply(self, people: QuerySet[User], *, now: datetime) -> QuerySet[User]:
        """Return the people that match; a role that has ended is none."""
        live = OrganisationRoleGrant.objects.filter(Q(until=None) | Q(until__gt=now), user=OuterRef("pk"))
        if role := self.value("role"):
            if role == NO_ROLE:
                people = people.filter(~Exists(live), memberships=None)
            else:
                people = people.filter(Exists(live.filter(role=role)))
        if team := self.value("team"):
            people = people.filter(memberships__team__slug=team)
        if account := self.value("account"):
            people = people.filter(is_active=account == "open")
        if text := self.value("q"):
            people = people.filter(Q(name__icontains=text) | Q(email__icontains=text))
        return people


def teams_page(*, principal: Principal, narrowed: TeamFilter, after: str = "", before: str = "") -> Page[TeamRow]:
    """Return one page of the teams in sight, by name; five queries."""
    teams = narrowed.apply(teams_in_sight(principal)).annotate(name_key=Lower("name"))
    page = page_of(teams, order=BY_NAME, after=after, before=before)
    ids = [team.pk for team in page.rows]
    owners: dict[int, list[str]] = {}
    rows = Membership.objects.filter(team__in=ids, role=TeamRole.OWNER, user__is_active=True)
    for team_id, name, email in rows.order_by("user__name").values_list("team_id", "user__name", "user__email"):
        owners.setdefault(team_id, []).append(name or email)
    active = Membership.objects.filter(team__in=ids, user__is_active=True).order_by()
    members = dict(active.values_list("team_id").annotate(n=Count("pk")))
    apis, own = held_by(ids), dict(principal.team_roles)
    found = (
        TeamRow(
            team=team,
            owners=tuple(owners.get(team.pk, ())),
            members=members.get(team.pk, 0),
            apis=apis.get(team.pk, 0),
            own_role=str(own[team.pk].label) if team.pk in own else "",
        )
        for team in page.rows
    )
    return Page(rows=tuple(found), total=page.total, more=page.more, next=page.next, previous=page.previous)


def held_by(team_ids: Collection[int]) -> Mapping[int, int]:
    """Return how many things each team holds."""
    found: dict[int, int] = {}
    for floor in floors():
        for team_id, number in floor.count_by_team(team_ids).items():
            found[team_id] = found.get(team_id, 0) + number
    return found


def members_of(team: Team) -> tuple[Member, ...]:
    """Return who is in a team, owners first; inactive people are not."""
    rows = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    return tuple(
        Member(user=row.user, code=code_of(row.user_id, PEOPLE), role=TeamRole(row.role))
        for row in rows.order_by(F("role").desc(), Lower("user__name"), "pk")
    )


def people_in_sight(principal: Principal) -> QuerySet[User]:
    """Return everybody, for those who manage people; nobody for all others."""
    everybody = may(principal, Verb.MANAGE_PEOPLE, team_id=None)
    return User.objects.all() if everybody else User.objects.none()


def people_page(
    *, principal: Principal, narrowed: PeopleFilter, now: datetime, after: str = "", before: str = ""
) -> Page[PersonRow]:
    """Return one page of people, by name; five queries."""
    people = narrowed.apply(people_in_sight(principal), now=now).annotate(name_key=Lower("name"))
    page = page_of(people, order=BY_NAME, after=after, before=before)
    ids = [user.pk for user in page.rows]
    grants, memberships, secured = _grants(ids, now), _memberships(ids), _with_factor(ids)
    found = (
        PersonRow(
            user=user,
            code=code_of(user.pk, PEOPLE),
            grants=tuple(grants.get(user.pk, ())),
            memberships=tuple(memberships.get(user.pk, ())),
            has_factor=user.pk in secured,
        )
        for user in page.rows
    )
    return Page(rows=tuple(found), total=page.total, more=page.more, next=page.next, previous=page.previous)


def person_row(*, principal: Principal, code: str, now: datetime) -> PersonRow | None:
    """Return one person in sight."""
    user = people_in_sight(principal).filter(pk=number_of(code, PEOPLE)).first()
    if user is None:
        return None
    return PersonRow(
        user=user,
        code=code,
        grants=tuple(_grants([user.pk], now).get(user.pk, ())),
        memberships=tuple(_memberships([user.pk]).get(user.pk, ())),
        has_factor=bool(_with_factor([user.pk])),
    )


def answers_of(user: User) -> Answers:
    """Return what somebody answers for, for whoever may see them."""
    others = Membership.objects.filter(team=OuterRef("pk"), role=TeamRole.OWNER, user__is_active=True)
    alone = Team.objects.filter(memberships__user=user, memberships__role=TeamRole.OWNER)
    return Answers(
        things=tuple(thing for floor in floors() for thing in floor.of_person(user.pk)),
        alone_in=tuple(alone.filter(~Exists(others.exclude(user=user))).order_by("name")),
    )


def sessions_of(user: User) -> int:
    """Return in how many places somebody is signed in."""
    number: int = UserSession.objects.filter(user=user).count()
    return number


def tokens_of(user: User, *, after: str = "", before: str = "") -> Page[Token]:
    """Return one page of somebody's tokens, the newest first."""
    rows = Token.objects.filter(user=user).select_related("team")
    return page_of(rows, order=NEWEST, after=after, before=before)


def live_tokens_of(user: User, *, now: datetime) -> QuerySet[Token]:
    """Return the tokens of somebody that open the door now, the newest first."""
    return Token.objects.filter(user=user, revoked_at=None, expires_at__gt=now).select_related("team").order_by("-pk")


def open_invitations(principal: Principal) -> QuerySet[Invitation]:
    """Return the invitations that nobody has taken up or withdrawn, the newest first; for those who manage people."""
    if not may(principal, Verb.MANAGE_PEOPLE, team_id=None):
        return Invitation.objects.none()
    rows = Invitation.objects.filter(used_at=None, withdrawn_at=None)
    return rows.select_related("team", "invited_by").order_by("-sent_at", "-pk")


def _grants(ids: Collection[int], now: datetime) -> dict[int, list[Grant]]:
    found: dict[int, list[Grant]] = {}
    order = list(OrganisationRole)
    for row in OrganisationRoleGrant.objects.filter(user__in=ids, scope__isnull=True):
        over = row.until is not None and row.until <= now
        grant = Grant(role=OrganisationRole(row.role), until=row.until, over=over)
        found.setdefault(row.user_id, []).append(grant)
    for grants in found.values():
        grants.sort(key=lambda grant: order.index(grant.role))
    return found


def _with_factor(ids: Collection[int]) -> set[int]:
    return set(Authenticator.objects.filter(user__in=ids, type__in=FACTORS).values_list("user_id", flat=True))


def _memberships(ids: Collection[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    for row in Membership.objects.filter(user__in=ids).select_related("team").order_by("team__name"):
        found.setdefault(row.user_id, []).append(row)
    return found
