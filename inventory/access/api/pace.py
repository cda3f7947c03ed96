"""How many requests one principal may make in a minute, counted in Redis."""

import logging
from math import ceil

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.request import Request as AnyRequest
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from typing_extensions import override

from inventory.access.records import Principal

log = logging.getLogger(__name__)

MINUTE = 60


class PerMinute(BaseThrottle):
    """Counts whole minutes of the clock, so a burst over their border may pass twice; API_REQUESTS_A_MINUTE sets it.

    Without Redis nobody is slowed down: an import should not wait for a counter.
    """

    @override
    def allow_request(self, request: AnyRequest, view: APIView) -> bool:
        """Count the request and say whether it is one too many."""
        minute = int(timezone.now().timestamp()) // MINUTE
        who: Principal = request.principal  # type: ignore[attr-defined] # set by whoever let the request in
        key = f"api-pace:{who.reference}:{minute}"
        try:
            cache.add(key, 0, timeout=2 * MINUTE)
            count: int = cache.incr(key)
        except (RedisError, ValueError):
            log.warning("The counter of API requests does not answer; this one is let through.")
            return True
        most: int = settings.API_REQUESTS_A_MINUTE
        return count <= most

    @override
    def wait(self) -> float:
        """Return the seconds to the next minute."""
        return ceil(MINUTE - timezone.now().timestamp() % MINUTE)
