"""The packages of the project and which of them import which: read from the code, and drawn as SVG.

`manage.py package_diagram` prints the drawing. The page *How it works* shows it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("playground", "training", "progress", "notifications")
DIVIDED_APP = "training"
"""The app whose packages are drawn one by one."""
MODULES_DRAWN = ("training.consumers", "training.models")
"""Modules of that app that are drawn like packages. Its other modules are not drawn; imports through them count."""
WIRE = "playground.wire"
SHARED = "playground: shared"
"""The modules of `playground` that the other apps import. The rest of it knows all apps."""

Graph = dict[str, set[str]]


def read_imports(root: Path = ROOT) -> Graph:
    """Return which modules of the project each module imports, except for type checking alone."""
    paths = {
        _get_name(path, root): path
        for app in APPS
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts
    }
    imports: Graph = {}
    for name, path in paths.items():
        targets = {_find_module(target, paths) for target in _list_imports(ast.parse(path.read_text(encoding="utf-8")))}
        imports[name] = {target for target in targets if target} - {name}
    return imports


def build_graph(imports: Graph) -> Graph:
    """Return which packages each package imports, directly or through modules that are not drawn."""
    shared = _reach(imports, {name for name in imports if name.split(".")[0] in APPS[1:]})
    nodes = {name: _assign(name, imports, shared) for name in imports}
    graph: Graph = {node: set() for node in nodes.values() if node}
    for name, node in nodes.items():
        if node:
            graph[node] |= {nodes[target] or "" for target in _reach(imports, {name}, stop=nodes)} - {node, ""}
    return graph


def reduce_graph(graph: Graph) -> Graph:
    """Leave out each import that also follows from others (the transitive reduction).

    Raises `graphlib.CycleError` where packages import each other in a cycle.
    """
    order = list(TopologicalSorter(graph).static_order())
    below: Graph = {}
    reduced: Graph = {}
    for node in order:
        indirect = set().union(*(below[target] for target in graph[node]))
        reduced[node] = graph[node] - indirect
        below[node] = graph[node] | indirect
    return reduced


def _get_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _list_imports(tree: ast.Module) -> Iterator[str]:
    for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _find_module(target: str, modules: Mapping[str, Path]) -> str:
    """Return the module that an imported name belongs to, or an empty string."""
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target


def _assign(name: str, imports: Graph, shared: set[str]) -> str | None:
    """Return the node that a module belongs to, None for one that is not drawn."""
    app, _, rest = name.partition(".")
    if app == DIVIDED_APP:
        if rest.startswith("management"):
            return None
        package = f"{app}.{rest.split('.')[0]}"
        is_package = any(each.startswith(f"{package}.") for each in imports)
        return package if is_package or package in MODULES_DRAWN else None
    if name == WIRE or name.startswith(f"{WIRE}."):
        return WIRE
    return SHARED if app == "playground" and name in shared else app


def _reach(imports: Graph, start: set[str], stop: Mapping[str, str | None] | None = None) -> set[str]:
    """Return all modules that are imported by these ones, directly or not.

    With `stop`, a way ends at the first module that has a node there.
    """
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        for target in imports[waiting.pop()] - found:
            found.add(target)
            if stop is None or stop[target] is None:
                waiting.append(target)
    return found
