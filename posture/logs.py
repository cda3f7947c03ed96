"""What stands in the log."""

import logging
from http import HTTPStatus
from typing import Final

from typing_extensions import override

ASKED_WRONG: Final = ("django.request", "django.security")
OURS: Final = HTTPStatus.INTERNAL_SERVER_ERROR
"""From this status on a failure is that of the server (RFC 9110, section 15.6)."""


class OneLineForClients(logging.Filter):
    """Leaves the traceback out of what a client did wrong: anybody may send that as often as they like."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off a refused request; keep every record."""
        refused = getattr(record, "status_code", OURS) < OURS
        if refused and record.name.startswith(ASKED_WRONG):
            record.exc_info = record.exc_text = None
        return True
