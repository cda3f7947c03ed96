"""What the access floor refuses, each as one sentence for people."""


class AccessRefused(Exception):  # noqa: N818 -- named for what happened
    """A right somebody lacks on a thing they may see; shown as 403 with the roles that hold it."""

    def __init__(self, *, verb: str, roles: tuple[str, ...]) -> None:
        self.verb = verb
        self.roles = roles
        super().__init__(f"Your roles do not let you {verb}. Who may: {', '.join(roles)}.")


class ChangeRefused(Exception):  # noqa: N818 -- named for what happened
    """A change to people, teams or roles that cannot be made; the text says why and what to do."""


class TokenRefused(Exception):  # noqa: N818 -- named for what happened
    """A token that opens nothing: unknown, over, revoked, or of somebody whose account is closed."""


class LinkRefused(Exception):  # noqa: N818 -- named for what happened
    """A one-time link that is wrong, used or too old."""
