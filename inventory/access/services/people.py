"""People, teams and roles: made and changed by those who may, each change written to the trail."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from inventory.access.choices import OrganisationRole, TeamRole, Theme
from inventory.access.errors import ChangeRefused
from inventory.access.models import Membership, OrganisationRoleGrant, Team, User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, require
from inventory.access.services.trail import record_change


@transaction.atomic
def create_person(
    *, email: str, name: str, password: str | None, principal: Principal, now: datetime, zone: str = "UTC"
) -> User:
    """Store a person whose e-mail address counts as verified, for somebody who knows them wrote it.

    Raises AccessRefused, and ChangeRefused when the address is taken.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    address = email.strip().lower()
    if User.objects.filter(email=address).exists():
        msg = f"Somebody with the e-mail address {address} is here already; change their roles instead."
        raise ChangeRefused(msg)
    user = User.objects.create_user(email=address, password=password, name=name, zone=zone, date_joined=now)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    record_change(
        principal=principal, kind="person", code=address, verb="create", old=None, new={"name": name}, now=now
    )
    return user


@transaction.atomic
def grant_organisation_role(
    *, user: User, role: OrganisationRole, principal: Principal, now: datetime, until: datetime | None = None
) -> None:
    """Give a role for the whole organisation, until a moment or without end; again replaces the end.

    Raises AccessRefused, and ChangeRefused when the end is past or the last administrator would get one.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if until is not None and until <= now:
        msg = f"The role {role.label} would end before it starts; choose an end in the future."
        raise ChangeRefused(msg)
    if until is not None and role == OrganisationRole.ADMINISTRATOR:
        keep_one_administrator(user)
    grants = OrganisationRoleGrant.objects.select_for_update()
    grant, created = grants.get_or_create(user=user, role=role, defaults={"until": until})
    if not created and grant.until == until:
        return
    old = None if created else _grant(role, grant.until)
    grant.until = until
    grant.save(update_fields=["until"])
    _record_role(principal, user, "grant", old, _grant(role, until), now)


@transaction.atomic
def revoke_organisation_role(*, user: User, role: OrganisationRole, principal: Principal, now: datetime) -> None:
    """Take a role for the whole organisation away; nothing happens where there is none.

    Raises AccessRefused, and ChangeRefused for the last administrator.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if role == OrganisationRole.ADMINISTRATOR:
        keep_one_administrator(user)
    grant = OrganisationRoleGrant.objects.select_for_update().filter(user=user, role=role).first()
    if grant is None:
        return
    grant.delete()
    _record_role(principal, user, "revoke", _grant(role, grant.until), None, now)


@transaction.atomic
def create_team(*, name: str, principal: Principal, now: datetime) -> Team:
    """Store a team under a slug made from its name.

    Raises AccessRefused, and ChangeRefused when the name gives no slug or another team's.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    slug = slugify(name, allow_unicode=False)[:60]
    if not slug:
        msg = f"The team name {name!r} holds no letter or digit to make an address from; add one."
        raise ChangeRefused(msg)
    try:
        with transaction.atomic():
            team = Team.objects.create(slug=slug, name=name)
    except IntegrityError as error:
        msg = f"There is a team at the address {slug} already; choose another name."
        raise ChangeRefused(msg) from error
    record_change(principal=principal, kind="team", code=slug, verb="create", old=None, new={"name": name}, now=now)
    return team


@transaction.atomic
def add_member(*, user: User, team: Team, role: TeamRole, principal: Principal, now: datetime) -> None:
    """Make somebody a member or owner of a team, or change which of the two they are.

    Raises AccessRefused, and ChangeRefused for somebody inactive and for the last owner who would become a member.
    """
    require(principal, Verb.MANAGE_MEMBERS, team_id=team.pk)
    if not user.is_active:
        msg = f"The account of {user} is closed; an administrator opens it again."
        raise ChangeRefused(msg)
    if role != TeamRole.OWNER:
        _keep_one_owner(user, team, principal)
    members = Membership.objects.select_for_update()
    membership, created = members.get_or_create(user=user, team=team, defaults={"role": role})
    if not created and membership.role == role:
        return
    old = None if created else {"email": user.email, "role": membership.role}
    membership.role = role
    membership.save(update_fields=["role"])
    new = {"email": user.email, "role": role.value}
    record_change(principal=principal, kind="team", code=team.slug, verb="set member", old=old, new=new, now=now)


def member_named(*, email: str, team: Team, principal: Principal) -> User:
    """Return the person with this address whom somebody may put into a team.

    Raises AccessRefused, and ChangeRefused when there is nobody with an open account.
    """
    require(principal, Verb.MANAGE_MEMBERS, team_id=team.pk)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        msg = f"Nobody here has the e-mail address {email}; an administrator invites people."
        raise ChangeRefused(msg)
    return user


@transaction.atomic
def remove_member(*, user: User, team: Team, principal: Principal, now: datetime) -> None:
    """Take somebody out of a team; nothing happens where they are not in it.

    Raises AccessRefused, and ChangeRefused for the last owner.
    """
    require(principal, Verb.MANAGE_MEMBERS, team_id=team.pk)
    _keep_one_owner(user, team, principal)
    membership = Membership.objects.select_for_update().filter(user=user, team=team).first()
    if membership is None:
        return
    old = {"email": user.email, "role": membership.role}
    membership.delete()
    record_change(principal=principal, kind="team", code=team.slug, verb="remove member", old=old, new=None, now=now)


def keep_one_administrator(leaving: User) -> None:
    """Refuse to leave nobody who could give the role back. Locks the grants, so that two cannot leave at once."""
    grants = OrganisationRoleGrant.objects.select_for_update(of=("self",)).select_related("user").order_by("pk")
    lasting = grants.filter(role=OrganisationRole.ADMINISTRATOR, until=None, scope__isnull=True, user__is_active=True)
    if [grant.user_id for grant in lasting] == [leaving.pk]:
        msg = f"{leaving} is the last administrator; make somebody else administrator first."
        raise ChangeRefused(msg)


def _keep_one_owner(leaving: User, team: Team, principal: Principal) -> None:
    """Refuse to leave a team without an owner, but to those who manage people. Locks: two cannot leave at once."""
    owners = Membership.objects.select_for_update(of=("self",)).filter(team=team, role=TeamRole.OWNER)
    lasting = list(owners.filter(user__is_active=True).order_by("pk").values_list("user_id", flat=True))
    if lasting == [leaving.pk] and not may(principal, Verb.MANAGE_PEOPLE, team_id=None):
        msg = f"{leaving} is the last owner of {team}; make somebody else owner first."
        raise ChangeRefused(msg)


def _grant(role: OrganisationRole, until: datetime | None) -> dict[str, str | None]:
    return {"role": role.value, "until": until.isoformat() if until else None}


def _record_role(
    principal: Principal,
    user: User,
    verb: str,
    old: dict[str, str | None] | None,
    new: dict[str, str | None] | None,
    now: datetime,
) -> None:
    record_change(principal=principal, kind="person", code=user.email, verb=f"{verb} role", old=old, new=new, now=now)


def set_theme(*, theme: Theme, principal: Principal) -> None:
    """Set the colours the acting person sees; a preference, so it leaves no trail."""
    if principal.user_id is not None:
        User.objects.filter(pk=principal.user_id).update(theme=theme)
