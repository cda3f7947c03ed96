"""People, teams, roles, tokens and the trail of state changes."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower, Now
from typing_extensions import override

from inventory.access.choices import OrganisationRole, StartPage, TeamRole, Theme
from inventory.access.zones import is_zone


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA time zone of this machine."""
    if not is_zone(value):
        msg = f"{value!r} is not a time zone; use a name such as Europe/Berlin."
        raise ValidationError(msg)


class UserManager(BaseUserManager["User"]):
    """Makes people; an e-mail address is kept in lower case, so that it is one whatever its spelling."""

    def create_user(self, *, email: str, password: str | None = None, **fields: object) -> "User":
        """Return a stored person; without a password they cannot sign in with one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @override
    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this e-mail address in any spelling."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in. Never deleted, as the trail names them: made inactive."""

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[validate_zone])
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    single_keys = models.BooleanField("single-key shortcuts", default=True)
    start_page = models.CharField(max_length=20, choices=StartPage, default=StartPage.OVERVIEW)
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="access_user_email_lower"),
        ]

    @override
    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the name shown on screen."""
        return str(self)


class Identity(models.Model):
    """Who a person is at an identity provider."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="access_identity_subject")]

    @override
    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class Team(models.Model):
    """A team; what it may see hangs on the APIs it owns."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    @override
    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's one role in one team."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=TeamRole)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="access_membership_once")]

    @override
    def __str__(self) -> str:
        return f"{TeamRole(self.role).label} of {self.team}"


class OrganisationRoleGrant(models.Model):
    """A role for the whole organisation, until a moment or without end.

    `scope` narrows a grant (an auditor of one framework); a narrowed grant gives nothing where the
    narrowing is not understood.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="organisation_roles")
    role = models.CharField(max_length=20, choices=OrganisationRole)
    until = models.DateTimeField(null=True, blank=True)
    scope = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="access_organisationrole_once")]

    @override
    def __str__(self) -> str:
        return OrganisationRole(self.role).label


class FactorRule(models.Model):
    """A role whose people sign in with a second factor: of the organisation, or of a team."""

    role = models.CharField(max_length=20, unique=True, choices=[*OrganisationRole.choices, *TeamRole.choices])

    @override
    def __str__(self) -> str:
        return f"second factor for {self.get_role_display()}"


class Token(models.Model):
    """A token for programs. Only its digest is kept; `prefix` is the part that may be shown."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="tokens")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class WelcomeLink(models.Model):
    """The one-time link that makes the first administrator; only the digest of its token is kept."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        return f"first sign-in until {self.expires_at:%Y-%m-%d %H:%M} UTC"


class Invitation(models.Model):
    """An invitation to somebody who is nobody here yet: one link, good once and until a moment.

    Only the digest of the link's token is kept; sending it again makes a new one. `roles` are those for the whole
    organisation, `team` and `team_role` the one membership it brings.
    """

    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField("e-mail address", max_length=254)
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=20, choices=OrganisationRole), default=list, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    team_role = models.CharField(max_length=10, choices=TeamRole, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(used_at=None, withdrawn_at=None),
                name="access_invitation_one_open",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="access_invitation_email_lower"),
        ]

    @override
    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def role_labels(self) -> list[str]:
        """The names of the roles."""
        return [OrganisationRole(role).label for role in self.roles]


class TransactionId(models.BigIntegerField):  # type: ignore[type-arg]  # takes none at run time
    """PostgreSQL's `xid8`: the transaction that wrote the row, never reused."""

    @override
    def db_type(self, connection: object) -> str:
        """Return the column's type."""
        return "xid8"

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        """Return the number psycopg leaves as text."""
        return None if value is None else int(value)


class StateChange(models.Model):
    """One state change: who, on whose behalf, when, what, old, new, why, from which source.

    Append-only, in monthly partitions by `recorded_at` (the database's clock); `happened_at` is the
    `now` of the act. `actor` and `on_behalf_of` are references such as `user:12`, `token:3`,
    `connection:7` or `system`. `api_id` carries no foreign key: links stay when bodies are dropped.
    """

    append_only = True
    monthly_partitions = True

    pk = models.CompositePrimaryKey("id", "recorded_at")
    id = models.BigIntegerField(
        db_default=models.Func(models.Value("access_statechange_id_seq"), function="nextval"), editable=False
    )
    recorded_at = models.DateTimeField(db_default=Now())
    xid = TransactionId(db_default=models.Func(function="pg_current_xact_id"))
    happened_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    actor_name = models.TextField()
    on_behalf_of = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=40)
    code = models.TextField()
    verb = models.CharField(max_length=40)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    source = models.TextField(blank=True)
    api_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "code", "happened_at"], name="access_statechange_object"),
            models.Index(
                fields=["api_id", "happened_at"],
                name="access_statechange_api",
                condition=models.Q(api_id__isnull=False),
            ),
            models.Index(fields=["-happened_at", "-id"], name="access_statechange_newest"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.actor_name}: {self.verb} {self.kind} {self.code}"


class ChainLink(models.Model):
    """A sealed batch of the trail: the rows from `from_id` to `to_id`, tied to the link before."""

    append_only = True

    seq = models.BigIntegerField(primary_key=True)
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField()
    bodies_hash = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"link {self.seq}"
