"""What exists and who owns it, and where the product learns of it."""

from inventory.models.apis import (
    Api,
    ApiQuerySet,
    ApiTeam,
    BaseUrl,
    Endpoint,
    EndpointQuerySet,
    Fact,
    Specification,
)
from inventory.models.connections import Connection, ConnectionQuerySet, Run, RunQuerySet
from inventory.models.traffic import (
    DiscoveryPolicy,
    GatewayDay,
    Observation,
    ObservedDay,
    TrafficLog,
    TrafficLogQuerySet,
)

__all__ = [
    "Api",
    "ApiQuerySet",
    "ApiTeam",
    "BaseUrl",
    "Connection",
    "ConnectionQuerySet",
    "DiscoveryPolicy",
    "Endpoint",
    "EndpointQuerySet",
    "Fact",
    "GatewayDay",
    "Observation",
    "ObservedDay",
    "Run",
    "RunQuerySet",
    "Specification",
    "TrafficLog",
    "TrafficLogQuerySet",
]
