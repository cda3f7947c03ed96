"""What logs of gateways tell: which were read, what was called on which day, and which days were observed."""

from datetime import UTC
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from typing_extensions import override

from inventory.access.records import Principal
from inventory.choices import Discovery
from inventory.discovery import DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS
from inventory.models.apis import Api, Endpoint, EndpointQuerySet


class TrafficLogQuerySet(models.QuerySet["TrafficLog"]):
    """Questions about logs."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to what the principal took in, its teams' and, for organisation roles, all."""
        if principal.sees_all:
            return self
        mine = Q(uploaded_by=principal.uploader_id) if principal.uploader_id else Q(pk__in=())
        return self.filter(mine | Q(teams__overlap=sorted(principal.team_ids)))


class TrafficLog(models.Model):
    """One log that was read; its counts are in `observations` and `days`, its bytes are not kept.

    `series` is the stream it is a part of: the name of a connection, or what was said with an upload. `start` is the
    HMAC of its first line. Of logs of one series with one start the longest counts and the others hold no rows: they
    are earlier states of the file that grew. `teams` are those whose APIs it may speak of, None is all; `api` is the
    one it was said to be about.
    """

    code = models.CharField(max_length=16, unique=True)
    series = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    start = models.CharField(max_length=64)
    size = models.BigIntegerField()
    name = models.CharField(max_length=300)
    format = models.CharField(max_length=40)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    teams = ArrayField(models.IntegerField(), null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField()
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)

    objects = TrafficLogQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "digest", "api"], nulls_distinct=False, name="traffic_log_once")
        ]
        indexes = [models.Index("series", "start", name="traffic_log_start")]

    @override
    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Counted(models.Model):
    """Calls by the class of their answers, and whether they had credentials where the log tells.

    `ok` are answers with 2xx, `redirected` 3xx, `refused` 4xx, `failed` 5xx. `open` are calls without credentials that
    were answered with 2xx.
    """

    calls = models.BigIntegerField()
    ok = models.BigIntegerField()
    redirected = models.BigIntegerField()
    refused = models.BigIntegerField()
    failed = models.BigIntegerField()
    signed = models.BigIntegerField()
    unsigned = models.BigIntegerField()
    open = models.BigIntegerField()

    class Meta:
        abstract = True


class Observation(Counted):
    """What one log has of one method and path of one host in one day.

    `path_key` is that of the whole path as seen, base path included. `api` and `endpoint` are worked out from it and
    follow what is known of addresses and specifications; an endpoint is missing where nothing tells the path apart.
    """

    log = models.ForeignKey(TrafficLog, on_delete=models.PROTECT, related_name="observations")
    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="observations"
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="observations"
    )
    host = models.CharField(max_length=255, blank=True)
    method = models.CharField(max_length=20)
    path_key = models.CharField(max_length=2000)
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["log", "host", "day", "method", "path_key"], name="observation_once")
        ]
        indexes = [
            models.Index("api", "day", name="observation_api_day"),
            models.Index("host", condition=Q(api=None), name="observation_unmapped"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.path_key} on {self.day}"


class GatewayDay(models.Model):
    """All that one log has of one host in one day; `untold` calls were past what is told apart by path."""

    log = models.ForeignKey(TrafficLog, on_delete=models.PROTECT, related_name="days")
    host = models.CharField(max_length=255, blank=True)
    day = models.DateField()
    calls = models.BigIntegerField()
    untold = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "host", "day"], name="gateway_day_once")]
        indexes = [models.Index("host", name="gateway_day_host")]

    @override
    def __str__(self) -> str:
        return f"{self.host} on {self.day}"


class ObservedDay(models.Model):
    """A day on which the gateway of an API was observed.

    `calls` are those of the API; `untold` are calls that no endpoint holds: paths past the most that are told apart,
    and paths that nothing was answered to with success.
    """

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="observed_days")
    day = models.DateField()
    calls = models.BigIntegerField()
    untold = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api", "day"], name="observed_day_once")]

    @override
    def __str__(self) -> str:
        return f"{self.api} on {self.day}"


def edge_of(api: Any, *, days: int) -> Subquery:
    """Return, as part of a query, the first of the last `days` observed days of an API, null while there are fewer."""
    observed = ObservedDay.objects.filter(api=api).order_by("-day").values("day")
    return Subquery(observed[days - 1 : days], output_field=models.DateField())


class DiscoveryPolicy(models.Model):
    """After how many observed days without a call an endpoint is an orphan or unused; one row at most."""

    only = models.BooleanField(default=True, unique=True)
    days = models.IntegerField(default=DEFAULT_DAYS)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="discovery_policy_one"),
            models.CheckConstraint(
                condition=Q(days__gte=LEAST_DAYS, days__lte=MOST_DAYS), name="discovery_policy_days"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.days} days"


def discovery_days() -> int:
    """Return the days of the policy."""
    return DiscoveryPolicy.objects.values_list("days", flat=True).first() or DEFAULT_DAYS


def threshold() -> Coalesce:
    """Return the same as a part of a query."""
    return Coalesce(Subquery(DiscoveryPolicy.objects.values("days")[:1]), Value(DEFAULT_DAYS))


def in_state(endpoints: EndpointQuerySet, state: Discovery) -> EndpointQuerySet:
    """Narrow to endpoints in a state: the rules of `inventory.discovery.discover`, in the database."""
    endpoints = endpoints.annotate(edge=edge_of(OuterRef("api"), days=discovery_days()))
    specified = Q(documented=True) | Q(specified_since__isnull=False)
    called = Q(last_called__isnull=False)
    still = called & (Q(edge=None) | Q(last_called__gte=F("edge")))
    silent = called & Q(last_called__lt=F("edge"))
    removed = specified & Q(documented=False, removed_at__isnull=False)
    after = Q(last_called__gt=TruncDate("removed_at", tzinfo=UTC))
    over = removed & after | specified & Q(removed_at=None) & (Q(deprecated=True) | Q(last_called__gte=F("sunset")))
    since = Q(specified_since=None) | Q(specified_since__lte=F("edge"))
    dropped = removed & (Q(last_called=None) | ~after)
    zombie = specified & still & over
    orphan = specified & ~removed & Q(last_called=None, edge__isnull=False) & since
    unused = ~specified & (silent | Q(last_called=None)) | specified & silent & ~dropped
    held = {
        Discovery.ZOMBIE: zombie,
        Discovery.SHADOW: ~specified & still,
        Discovery.REMOVED: dropped,
        Discovery.ORPHAN: orphan,
        Discovery.UNUSED: unused,
    }
    if state in held:
        return endpoints.filter(held[state])
    current = specified & ~removed
    fresh = Q(last_called=None) & ~(Q(edge__isnull=False) & since)
    return endpoints.filter(current & (fresh | still), ~Q(pk__in=endpoints.filter(zombie).values("pk")))
