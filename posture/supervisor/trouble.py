"""What stops a start, said to a person."""


class Trouble(Exception):  # noqa: N818 - it reads as what it is, and is printed, not handled
    """A state the supervisor cannot go on from: one sentence that says what, where and what to do."""


class Interrupted(Exception):  # noqa: N818 - a wish of the person, not an error
    """The person asked to stop while something was still starting."""
