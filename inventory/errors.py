"""What the ground floor refuses, each as one sentence for people."""


class InventoryRefused(Exception):  # noqa: N818 -- named for what people are told
    """Something about APIs cannot be done; the message says what and what to do instead."""


class ApiNotFound(InventoryRefused):
    """No API that the principal may see answers to the reference."""


class ApiAmbiguous(InventoryRefused):
    """Several APIs answer to the reference."""
