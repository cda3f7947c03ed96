"""The words of the access floor."""

from django.db.models import TextChoices


class OrganisationRole(TextChoices):
    """What a person is for the whole organisation."""

    ADMINISTRATOR = "administrator", "Administrator"
    SECURITY_MANAGER = "security_manager", "Security manager"
    ANALYST = "analyst", "Analyst"
    RESPONDER = "responder", "Responder"
    AUDITOR = "auditor", "Auditor"


class TeamRole(TextChoices):
    """What a person is in one team."""

    OWNER = "owner", "Team owner"
    MEMBER = "member", "Team member"


class PrincipalKind(TextChoices):
    """What kind of actor stands behind a principal."""

    USER = "user", "Person"
    TOKEN = "token", "Token"
    CONNECTION = "connection", "Connection"
    SYSTEM = "system", "Posture"


class Theme(TextChoices):
    """Which colours a person sees; auto follows the device."""

    AUTO = "auto", "As the device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class StartPage(TextChoices):
    """What somebody sees first after signing in."""

    OVERVIEW = "overview", "Overview"
    QUEUE = "queue", "Queue"
    APIS = "apis", "APIs"
    FINDINGS = "findings", "Findings"
    JOBS = "jobs", "Jobs"
