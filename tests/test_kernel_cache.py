"""The kernel cache's digest covers every module that compiled kernels can depend on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import bespoke
from bespoke.kernel_cache import KERNEL_SOURCES, sources_digest

PACKAGE = Path(bespoke.__file__).parent


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_module(path): path for path in PACKAGE.rglob("*.py")}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in FILES.items()}


def _imports(module: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom) and node.module in FILES:
            yield from ((node.module, alias.name) for alias in node.names)


def _defining(module: str, name: str) -> str:
    """Where a name stands that a module offers: in itself, in a module of the package, or behind a re-export."""
    if f"{module}.{name}" in FILES:
        return f"{module}.{name}"
    if FILES[module].name == "__init__.py":
        for source, imported in _imports(module):
            if imported == name:
                return _defining(source, name)
    return module


def _names_in_kernels(module: str) -> set[str]:
    """Names that the compiled functions of a module read; none where it compiles nothing."""
    kernels = (
        node
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.FunctionDef)
        and any("njit" in ast.unparse(decorator) for decorator in node.decorator_list)
    )
    return {name.id for kernel in kernels for name in ast.walk(kernel) if isinstance(name, ast.Name)}


def _is_record(module: str, name: str) -> bool:
    """Whether a name is a named tuple's: kernels take those as arguments, and read their fields by position."""
    classes = (node for node in TREES[module].body if isinstance(node, ast.ClassDef) and node.name == name)
    return any(ast.unparse(base).endswith("NamedTuple") for node in classes for base in node.bases)


def test_the_digest_covers_kernels_what_they_read_and_the_constants_behind_it():
    covered: set[str] = set()
    waiting = [module for module in FILES if _names_in_kernels(module)]
    while waiting:
        module = waiting.pop()
        if module in covered:
            continue
        covered.add(module)
        read = _names_in_kernels(module)
        for source, name in _imports(module):
            origin = _defining(source, name)
            if name in read or name.isupper() or _is_record(origin, name):
                waiting.append(origin)
    names = {FILES[module].relative_to(PACKAGE).as_posix() for module in covered}
    assert sorted(KERNEL_SOURCES) == sorted(names)


def test_the_digest_is_the_same_twice():
    assert sources_digest() == sources_digest()
    assert len(sources_digest()) == 16
