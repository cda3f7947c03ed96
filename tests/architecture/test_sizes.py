"""Nothing grows past what one person can hold in mind; exceptions are named lines of `exceptions.txt`."""

from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, product, suite, templates

MODULE, FUNCTION, TEMPLATE, SETTINGS, METHODS = 300, 50, 150, 200, 20


def exceptions() -> dict[str, int]:
    """Return the stated limit by place; a line without a reason is an error."""
    lines = (ROOT / "tests/architecture/exceptions.txt").read_text().splitlines()
    stated = {}
    for line in lines:
        if line and not line.startswith("#"):
            place, limit, reason = line.split(maxsplit=2)
            assert reason
            stated[place] = int(limit)
    return stated


def sizes_of(module: Module) -> Iterator[tuple[str, int, int]]:
    """Yield each measured place of a module, its size and its limit."""
    yield module.path, len(module.text.splitlines()), SETTINGS if module.path == "posture/settings.py" else MODULE
    for function in module.functions():
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        yield f"{module.path}::{function.name}", length, FUNCTION
    for kind in module.classes():
        methods = sum(node in kind.body for node in module.functions())
        yield f"{module.path}::{kind.name}.*", methods, METHODS


def measured() -> Iterator[tuple[str, int, int]]:
    for module in (*product(), *suite()):
        yield from sizes_of(module)
    for name, text in templates().items():
        yield f"templates/{name}", len(text.splitlines()), TEMPLATE


def test_nothing_is_larger_than_its_limit() -> None:
    stated = exceptions()
    too_large = [
        f"{place} has {size}, the limit is {stated.get(place, limit)}"
        for place, size, limit in measured()
        if size > stated.get(place, limit)
    ]
    assert too_large == []


def test_an_exception_that_is_no_longer_needed_is_struck() -> None:
    grown: dict[str, int] = {}
    for place, size, limit in measured():
        if size > limit:
            grown[place] = max(size, grown.get(place, 0))
    assert sorted(exceptions()) == sorted(grown)


def test_a_module_a_function_a_class_and_a_page_one_line_too_long_are_seen() -> None:
    long_module = Module(path="findings/x.py", text="x = 1\n" * (MODULE + 1))
    long_function = Module(path="findings/x.py", text="def f():\n" + "    x = 1\n" * FUNCTION)
    long_class = Module(path="findings/x.py", text="class C:\n" + "    def f(self): ...\n" * (METHODS + 1))
    long_settings = Module(path="posture/settings.py", text="X = 1\n" * (SETTINGS + 1))
    for module in (long_module, long_function, long_class, long_settings):
        assert [place for place, size, limit in sizes_of(module) if size > limit], module.path
