"""APIs: where they answer, what describes them, what they can do, who holds them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from typing_extensions import override

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.choices import (
    Authentication,
    Criticality,
    Environment,
    FactSource,
    Kind,
    Reach,
    Sensitivity,
    Stage,
)
from inventory.jobs.models import Blob


class ApiQuerySet(models.QuerySet["Api"]):
    """Questions about APIs."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to what the principal may see: all for organisation roles, else its teams' own."""
        if principal.sees_all:
            return self
        held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team_id__in=principal.team_ids)
        return self.filter(Exists(held))

    def live(self) -> Self:
        """Narrow to those that are not retired."""
        return self.exclude(stage=Stage.RETIRED)


class Api(models.Model):
    """A deployed interface: a name in an environment.

    `stable_id` never changes and is what fingerprints are made of. The classification columns are the *shown* values,
    computed from facts (`inventory.services.classify`).
    """

    code = models.CharField(max_length=16, unique=True)
    stable_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=300)
    slug = models.CharField(max_length=80, unique=True)
    family = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REST)
    environment = models.CharField(max_length=12, choices=Environment, default=Environment.UNKNOWN)
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.UNKNOWN)
    criticality = models.CharField(max_length=10, choices=Criticality, default=Criticality.UNKNOWN)
    sensitivity = models.CharField(max_length=14, choices=Sensitivity, default=Sensitivity.UNKNOWN)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.ACTIVE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_apis"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="deputised_apis"
    )
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    objects = ApiQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("name", "environment", name="api_name_environment")]

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.get_environment_display()})"


class ApiTeam(models.Model):
    """Which team holds an API, with history; the row without an end is the truth of who may see."""

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="team_rows")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="api_rows")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("api", condition=Q(until=None), name="api_team_one_current"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="api_team_ends_after_start"
            ),
        ]
        indexes = [models.Index("team", condition=Q(until=None), name="api_team_current")]

    @override
    def __str__(self) -> str:
        return f"{self.team} holds {self.api}"


class BaseUrl(models.Model):
    """An address under which an API answers; the longest prefix wins.

    A `contested` one was claimed while another API, out of the claimant's sight, held it: it maps nothing until
    an organisation role decides.
    """

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="base_urls")
    scheme = models.CharField(max_length=10, blank=True)
    host = models.CharField(max_length=255, blank=True)
    port = models.IntegerField(null=True, blank=True)
    base_path = models.CharField(max_length=1000, blank=True)
    contested = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api", "scheme", "host", "port", "base_path"], nulls_distinct=False, name="base_url_once"
            )
        ]
        indexes = [models.Index("host", "base_path", name="base_url_host")]

    @override
    def __str__(self) -> str:
        port = "" if self.port in {None, 80, 443} else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.base_path}" if self.host else self.base_path or "/"


class Specification(models.Model):
    """One version of the document that describes an API; the current one is marked.

    `schemes` maps each declared way to sign in to its kind (`inventory.records.Scheme`), None where nobody kept it.
    `changed` holds the `count` of endpoints that it declares otherwise than the one before, and `some` of them as
    [method, path, [what]]; None where nobody kept it.
    """

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="specifications")
    blob = models.ForeignKey(Blob, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64)
    format = models.CharField(max_length=20)
    name = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=100, blank=True)
    read_at = models.DateTimeField()
    endpoints_declared = models.IntegerField()
    schemes = models.JSONField(null=True, blank=True)
    changed = models.JSONField(null=True, blank=True)
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("api", condition=Q(current=True), name="specification_one_current"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.title or self.api.name} {self.version}"


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    """Questions about endpoints."""

    def known(self) -> Self:
        """Leave out paths that were learned from logs and turned out to be values of another one."""
        return self.exclude(specified_since=None, calls=None, documented=False)


class Endpoint(models.Model):
    """One method on one path of an API.

    `path` is as declared, or the key of one learned from logs; `path_key` follows the fixed rule (`inventory.paths`);
    paths with one key are one endpoint with several `spellings`. `removed_at` is set while the current specification
    no longer has it. `specified_since` is the day (UTC) a specification first had it, `SINCE_EVER` for the first one
    of its API, and None for an endpoint that logs alone know. The counts are sums of its observations, None without.
    `declared` holds the declared `parameters` as [name, where, kind], the statuses of `responses` and the
    names of their `members`; None without.
    """

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="endpoints")
    method = models.CharField(max_length=20)
    path = models.CharField(max_length=2000)
    path_key = models.CharField(max_length=2000)
    spellings = ArrayField(models.CharField(max_length=2000), default=list, blank=True)
    operation_id = models.CharField(max_length=300, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    authentication = models.CharField(max_length=12, choices=Authentication, default=Authentication.NOT_DECLARED)
    schemes = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    declared = models.JSONField(null=True, blank=True)
    deprecated = models.BooleanField(default=False)
    documented = models.BooleanField(default=True)
    first_seen = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    specified_since = models.DateField(null=True, blank=True)
    sunset = models.DateField(null=True, blank=True)
    first_called = models.DateField(null=True, blank=True)
    last_called = models.DateField(null=True, blank=True)
    calls = models.BigIntegerField(null=True, blank=True)
    signed_calls = models.BigIntegerField(null=True, blank=True)
    unsigned_calls = models.BigIntegerField(null=True, blank=True)
    open_calls = models.BigIntegerField(null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api", "method", "path_key"], name="endpoint_once")]

    @override
    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Fact(models.Model):
    """One source's statement on one attribute of an API or endpoint; a changed value is a state change."""

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="facts")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="facts")
    attribute = models.CharField(max_length=40)
    source_kind = models.CharField(max_length=20, choices=FactSource)
    source_id = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=300)
    confidence = models.CharField(max_length=10, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api", "endpoint", "attribute", "source_kind", "source_id"],
                nulls_distinct=False,
                name="fact_once_per_source",
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.attribute} is {self.value} by {self.source_kind}"
