"""What stands in the log."""

import logging
from typing import Final

from typing_extensions import override

ASKED_WRONG: Final = ("django.request", "django.security")


class OneLineForClients(logging.Filter):
    """Leaves the traceback out of what a client did wrong: anybody may send that as often as they like."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback off a refused request; keep every record."""
        refused = getattr(record, "status_code", 500) < 500  # noqa: PLR2004 - RFC 9110: from here on it is ours
        if refused and record.name.startswith(ASKED_WRONG):
            record.exc_info = record.exc_text = None
        return True
