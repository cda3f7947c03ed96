"""What the incidents refuse, each as one sentence for people."""


class AlertsRefused(Exception):  # noqa: N818 - named for what people are told
    """Something about alerts cannot be done; the message says what and what to do instead."""


class AlertsChanged(AlertsRefused):
    """Somebody else did something with the same alerts since the page was loaded; nothing was done."""


class DeliveryRefused(Exception):  # noqa: N818 - named for what happened
    """A delivery that is not from who it claims, too old, or was had before; nobody is told which."""


class DetectionRefused(Exception):  # noqa: N818 - named for what people are told
    """A log or a specification that cannot be looked through; the message says which, where and why."""


class IncidentRefused(Exception):  # noqa: N818 - named for what people are told
    """Something about an incident cannot be done; the message says what and what to do instead."""


class IncidentChanged(IncidentRefused):
    """Somebody else changed the same thing since the page was loaded; nothing was done."""
