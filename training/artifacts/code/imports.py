"""The imports of all of a script's sections as one block."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from training.artifacts.code.layout import WIDTH, Section, join_blocks


def write_imports(sections: Iterable[Section]) -> str:
    """The standard library's first, then the others; names from one module on one line."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for line in {line for section in sections for line in section.imports}:
        if line.startswith("import "):
            plain.add(line)
        else:
            module, name = line.removeprefix("from ").split(" import ")
            names.setdefault(module, set()).add(name)
    lines = sorted(plain) + [_write_from(module, found) for module, found in sorted(names.items())]
    standard = [line for line in lines if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    return join_blocks(["\n".join(standard), "\n".join(line for line in lines if line not in standard)])


def _write_from(module: str, names: set[str]) -> str:
    line = f"from {module} import {', '.join(sorted(names))}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in sorted(names)) + ")"
