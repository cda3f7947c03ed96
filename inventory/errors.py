"""What the ground floor refuses, each as one sentence for people."""


class InventoryRefused(Exception):  # noqa: N818 -- named for what people are told
    """Something about APIs cannot be done; the message says what and what to do instead."""


class ApiNotFound(InventoryRefused):
    """No API that the principal may see answers to the reference."""


class ApiAmbiguous(InventoryRefused):
    """Several APIs answer to the reference."""


class ConnectionRefused(InventoryRefused):
    """A connection that cannot be made or changed so; `field` names what is wrong, or is empty."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.field = field


class InventoryChanged(InventoryRefused):
    """Somebody else changed it since the page was loaded; nothing was done."""
