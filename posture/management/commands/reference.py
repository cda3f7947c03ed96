"""`manage.py reference`: what this version can be told and what it has, as Markdown made from the code itself."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.urls import get_resolver
from typing_extensions import override

from inventory.access.routes import routes_of
from inventory.checks.base import checks
from inventory.connectors.registry import readers as registered
from inventory.jobs.registry import HANDLERS, PLANNED
from inventory.sources.base import sources
from posture.variables import VARIABLES

OURS = {"posture", "incidents", "findings", "inventory"}

HEAD = """# Reference

Made by `python3 manage.py reference > docs/reference.md`; a test compares the two. Do not edit it by hand.
"""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table; a bar inside a cell is escaped."""
    for row in (heads, ["---"] * len(heads), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def settings() -> Iterator[str]:
    """Yield the environment variables an operator may set."""
    yield "An empty default is told in the meaning. A wrong value stops the start with one line.\n"
    rows = []
    for variable in VARIABLES:
        file = f" `{variable.name}_FILE` names a file that holds it." if variable.file else ""
        default = f"`{variable.default}`" if variable.default else ""
        rows.append((f"`{variable.name}`", default, variable.meaning + file))
    yield from table(("Variable", "Default", "Meaning"), rows)


def commands() -> Iterator[str]:
    """Yield our own commands, and Django's that ours replace."""
    ours = sorted((name, app) for name, app in get_commands().items() if str(app).partition(".")[0] in OURS)
    rows = ((f"`manage.py {name}`", load_command_class(str(app), name).help) for name, app in ours)
    yield from table(("Command", "What it does"), rows)


def readers() -> Iterator[str]:
    """Yield the document formats that can be read."""
    rows = (
        (reader.label, f"`{reader.slug}`", reader.kind, f"`{reader.__module__.replace('.', '/')}.py`")
        for reader in registered()
    )
    yield from table(("Format", "Name", "Yields", "File"), rows)


def own_checks() -> Iterator[str]:
    """Yield our own checks."""
    rows = (
        (
            entry.title,
            f"`{entry.slug}`",
            entry.demand,
            entry.severity,
            entry.category,
            f"`{entry.judge.__module__.replace('.', '/')}.py`",
        )
        for entry in checks()
    )
    yield from table(("A failure is called", "Name", "What it demands", "Severity", "OWASP", "File"), rows)


def connectors() -> Iterator[str]:
    """Yield the kinds of sources that can be connected."""
    rows = (
        (
            source.label,
            f"`{source.slug}`",
            source.says,
            ", ".join(f"`{option.name}`" for option in source.options) or "none",
            ", ".join(f"`{option.name}`" for option in source.secrets) or "none",
            f"`{type(source).__module__.replace('.', '/')}.py`",
        )
        for source in sources()
    )
    yield from table(("Connector", "Name", "What it does", "Options", "Secrets", "File"), rows)


def jobs() -> Iterator[str]:
    """Yield the kinds of jobs and the queue each waits in."""
    rows = ((f"`{kind}`", HANDLERS[kind].label, HANDLERS[kind].queue) for kind in sorted(HANDLERS))
    yield from table(("Kind", "Shown as", "Queue"), rows)


def schedules() -> Iterator[str]:
    """Yield the schedules that come with the code. Seconds count from the epoch, times of day are UTC."""
    rows = ((f"`{name}`", PLANNED[name].rule, f"`{PLANNED[name].kind}`") for name in sorted(PLANNED))
    yield from table(("Schedule", "When", "Job"), rows)


def routes() -> Iterator[str]:
    """Yield every address, to whom it is open and the right it takes."""
    rows = []
    for pattern, name, declared in routes_of(get_resolver()):
        scope = declared.scope.label if declared else "undeclared"
        verb = declared.verb.label if declared and declared.verb else ""
        rows.append((f"`/{pattern}`", f"`{name}`", scope, verb))
    yield from table(("Address", "Name", "Open to", "Right"), sorted(rows))


SECTIONS = {
    "Settings": settings,
    "Commands": commands,
    "Readers": readers,
    "Checks": own_checks,
    "Connectors": connectors,
    "Jobs": jobs,
    "Schedules": schedules,
    "Routes": routes,
}


def reference() -> str:
    """Return the whole reference; it depends on the code alone, not on settings, database or clock."""
    parts = ["\n".join((f"## {title}\n", *section())) for title, section in SECTIONS.items()]
    return "\n".join((HEAD, "\n\n".join(parts), ""))


class Command(BaseCommand):
    """Print the reference."""

    help = "Print the reference of settings, commands, readers, checks, connectors, jobs, schedules and routes."
    requires_system_checks = ()

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write it to standard output."""
        self.stdout.write(reference(), ending="")
