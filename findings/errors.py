"""What the findings refuse, each as one sentence for people."""


class FindingsRefused(Exception):  # noqa: N818 -- named for what people are told
    """Something about reports or findings cannot be done; the message says what and what to do instead."""


class FindingsChanged(FindingsRefused):
    """Somebody else decided since the page was loaded; nothing was done."""
