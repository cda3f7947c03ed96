"""What the jobs floor refuses, each as one sentence for people."""


class KeyReused(Exception):  # noqa: N818 -- named for what happened
    """One name of a request (`Idempotency-Key`) for two different requests."""


class KeyBusy(Exception):  # noqa: N818 -- named for what happened
    """A request of the same name is still being worked on."""
