"""The house keeps its order: which room may know which."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from sys import stdlib_module_names

import pytest

APP = Path(__file__).parent.parent / "app"

MAY_IMPORT = {
    "app": set(),
    "app.errors": set(),
    "app.log": set(),
    "app.memory": set(),
    "app.settings": {"pydantic", "app.wire"},
    "app.core": {"numpy", "ml_dtypes", "app.errors"},
    "app.verify": {"numpy", "ml_dtypes", "app.core", "app.errors"},
    "app.wire": {
        *("numpy", "pydantic", "pydantic_core", "orjson", "simdjson", "typing_extensions"),
        *("app.verify", "app.core", "app.errors"),
    },
    "app.web": set(),
    "app.api": {
        "fastapi",
        "starlette",
        "prometheus_client",
        "app",
        "app.web",
        "app.wire",
        "app.errors",
        "app.log",
        "app.memory",
    },
    "app.server": {"uvicorn", "httptools", "app.errors", "app.log", "app.settings"},
    "app.main": {"fastapi", "app", "app.api", "app.log", "app.memory", "app.settings"},
    "app.__main__": {"app.main", "app.server", "app.settings"},
}
"""Each room, and whom it may know besides itself and the standard library."""


def room(module: str) -> str:
    """The room a module is in: of `app`, the first two names; of others, the first."""
    return ".".join(module.split(".")[: 2 if module.startswith("app.") else 1])


def module(path: Path) -> str:
    """The name a file is imported by."""
    return ".".join(path.relative_to(APP.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """The rooms a file imports from; `from app import x` is from `app.x` if that is a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (room(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (room(name if room(name) in MAY_IMPORT else str(node.module)) for name in names)


@pytest.mark.parametrize("path", sorted(APP.rglob("*.py")), ids=module)
def test_a_room_knows_only_the_rooms_below_it(path: Path) -> None:
    """A module imports the standard library, its own room, and what the table allows."""
    own = room(module(path))
    foreign = {name for name in imported(path) if name not in stdlib_module_names} - {own}
    assert foreign <= MAY_IMPORT[own]


FLOORS = ("app.main", "app.api", "app.wire", "app.verify", "app.core", "app.errors")
"""The house from the top down."""


@pytest.mark.parametrize(("above", "below"), [*pairwise(FLOORS)])
def test_a_floor_knows_none_above_it(above: str, below: str) -> None:
    """The arrows go down: the core knows no verifier, a verifier no bytes, and they no HTTP."""
    assert below in MAY_IMPORT[above]
    assert not MAY_IMPORT[below] & set(FLOORS[: FLOORS.index(below)])


def test_every_room_stands_in_the_table() -> None:
    """The table has the rooms there are, no more and no fewer."""
    assert {room(module(path)) for path in APP.rglob("*.py")} == set(MAY_IMPORT)


def test_the_map_names_every_room() -> None:
    """The first thing a newcomer reads, the package's docstring, lists every room."""
    import app

    rooms = {name.removeprefix("app.") for name in MAY_IMPORT if name not in ("app", "app.__main__")}
    listed = {line.split()[0] for line in str(app.__doc__).splitlines() if line.startswith("    ")}
    assert listed == rooms


@pytest.mark.parametrize("package", sorted(APP.rglob("__init__.py")), ids=module)
def test_a_room_names_its_modules(package: Path) -> None:
    """A room's docstring lists every module and room in it, and nothing that is not there."""
    files = {path.stem for path in package.parent.rglob("*") if path.name[0] not in "_."}
    modules = {path.stem for path in package.parent.glob("[!_]*.py")}
    rooms = {path.parent.name for path in package.parent.glob("*/__init__.py")}
    text = ast.get_docstring(ast.parse(package.read_text())) or ""
    assert modules | rooms <= set(re.findall(r"^ *([a-z_]+) {2}", text, re.MULTILINE)) <= files
