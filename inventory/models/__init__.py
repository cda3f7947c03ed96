"""What exists and who owns it, and where the product learns of it."""

from inventory.models.apis import (
    Api,
    ApiQuerySet,
    ApiTeam,
    BaseUrl,
    Endpoint,
    Fact,
    Specification,
)
from inventory.models.connections import Connection, ConnectionQuerySet, Run, RunQuerySet

__all__ = [
    "Api",
    "ApiQuerySet",
    "ApiTeam",
    "BaseUrl",
    "Connection",
    "ConnectionQuerySet",
    "Endpoint",
    "Fact",
    "Run",
    "RunQuerySet",
    "Specification",
]
