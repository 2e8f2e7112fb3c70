"""The shape of the project: who may import whom, where each engine and reader is used, how long a file is."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import PROJECT

MAY_IMPORT = {
    "analyzers": set(),
    "indexer": {"analyzers"},
    "crawlers": {"analyzers", "indexer"},
    "search_api": {"analyzers", "indexer"},
    "samples": set(),
    "gongkai": {"analyzers", "indexer", "crawlers", "search_api", "samples"},
}
BESIDE = {"tests", "benchmarks", "docs"}
IMPORTED_ONCE = {
    "words": {"jieba", "rjieba"},
    "tantivy": {"tantivy"},
    "elasticsearch": {"elasticsearch"},
    "pdfminer": {"pdfminer"},
}
PURE = {
    "__future__",
    "array",
    "bisect",
    "calendar",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "html",
    "itertools",
    "json",
    "math",
    "opencc",
    "operator",
    "re",
    "rjieba",
    "statistics",
    "string",
    "textwrap",
    "types",
    "typing",
    "unicodedata",
}
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "time", "read_text", "read_bytes", "getenv"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "data", "info"}
MAX_LINES = 500
MAX_DOOR_LINES = 700
MAX_TEST_LINES = 1_000


class Import(NamedTuple):
    module: str
    line: int
    for_types_only: bool


def production_files() -> list[Path]:
    return [
        path for name in MAY_IMPORT for path in (*PROJECT.glob(f"{name}.py"), *sorted(PROJECT.glob(f"{name}/**/*.py")))
    ]


def files_beside() -> list[Path]:
    return [path for name in sorted(BESIDE) for path in sorted(PROJECT.glob(f"{name}/**/*.py"))]


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def known_modules() -> frozenset[str]:
    return frozenset(map(module_name, production_files()))


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    return tuple(_imports(tree_of(path), path, for_types_only=False))


def _imports(node: ast.AST, path: Path, *, for_types_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, for_types_only) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _base(child, path)
            for alias in child.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in known_modules() else base, child.lineno, for_types_only)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _imports(child, path, for_types_only=True)
        else:
            yield from _imports(child, path, for_types_only=for_types_only)


def _base(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(PROJECT).parent.parts
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def top(module: str) -> str:
    return module.split(".")[0]


def test_every_package_is_known_to_the_rules() -> None:
    found = {path.parent.name for path in PROJECT.glob("*/*.py")} | {path.stem for path in PROJECT.glob("*.py")}
    assert found - BESIDE <= set(MAY_IMPORT), "a new package or module at the top needs its place in MAY_IMPORT"
    for name in ("analyzers", "indexer", "crawlers", "search_api", "gongkai"):
        assert name in found


@pytest.mark.parametrize("path", production_files(), ids=shown)
def test_imports_go_one_way(path: Path) -> None:
    own = top(module_name(path))
    wrong = [
        f"{shown(path)}:{found.line} imports {found.module}"
        for found in imports_of(path)
        if top(found.module) in (MAY_IMPORT.keys() | BESIDE) - {own} - MAY_IMPORT[own]
    ]
    assert not wrong


def test_crawlers_and_search_api_never_meet() -> None:
    assert "search_api" not in MAY_IMPORT["crawlers"]
    assert "crawlers" not in MAY_IMPORT["search_api"]
    assert not any("gongkai" in allowed for allowed in MAY_IMPORT.values()), "nothing imports the composition root"


@pytest.mark.parametrize("path", sorted(PROJECT.glob("analyzers/**/*.py")), ids=shown)
def test_analyzers_are_pure(path: Path) -> None:
    imported = [found for found in imports_of(path) if top(found.module) not in PURE | {"analyzers"}]
    assert not imported, f"{shown(path)}: analyzers import pure modules only"
    called = {
        f"{shown(path)}:{node.lineno} calls {name}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and (name := getattr(node.func, "attr", getattr(node.func, "id", ""))) in IMPURE_CALLS
    }
    assert not called, "analyzers have no files, no network and no clock"


@pytest.mark.parametrize("libraries", IMPORTED_ONCE.values(), ids=IMPORTED_ONCE)
def test_each_engine_and_reader_has_one_module(libraries: set[str]) -> None:
    users = {shown(path) for path in production_files() for found in imports_of(path) if top(found.module) in libraries}
    assert len(users) == 1, f"{' and '.join(sorted(libraries))}: imported in {sorted(users)}"


def test_no_import_cycles() -> None:
    graph = {
        module_name(path): {
            found.module
            for found in imports_of(path)
            if found.module in known_modules() and not found.for_types_only and found.module != module_name(path)
        }
        for path in production_files()
    }
    assert not _cycle(graph)


def _cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one cycle, empty where there is none."""
    done: set[str] = set()

    def walk(module: str, above: list[str]) -> list[str]:
        if module in above:
            return [*above[above.index(module) :], module]
        if module in done:
            return []
        for following in sorted(graph[module]):
            if found := walk(following, [*above, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := walk(module, []))), [])


def test_imports_within_functions_are_seen() -> None:
    door = {top(found.module) for found in imports_of(PROJECT / "gongkai.py")}
    assert {"analyzers", "indexer", "crawlers", "search_api"} <= door


def test_a_cycle_is_seen() -> None:
    assert _cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert _cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_names_say_what_is_inside() -> None:
    names = {part for path in [*production_files(), *files_beside()] for part in module_name(path).split(".")}
    assert not names & FORBIDDEN_NAMES


@pytest.mark.parametrize("path", [*production_files(), *files_beside()], ids=shown)
def test_files_are_short(path: Path) -> None:
    most = MAX_LINES
    if path.is_relative_to(PROJECT / "tests"):
        most = MAX_TEST_LINES
    elif path == PROJECT / "gongkai.py":
        most = MAX_DOOR_LINES
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= most, f"{shown(path)} has {lines} lines"


@pytest.mark.parametrize("path", production_files(), ids=shown)
def test_every_module_says_in_one_sentence_what_it_is(path: Path) -> None:
    if path.name == "env.py" and path.parent.name == "migrations":
        return
    if not path.read_text(encoding="utf-8").strip():
        return
    text = ast.get_docstring(tree_of(path))
    assert text, f"{shown(path)} has no module docstring"
