"""Merge the imports of all sections of a script into one block."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from training.artifacts.code.layout import WIDTH, Section, join_blocks

ONE_THREAD = 'os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy loads: sums come out the same every time'


def write_imports(sections: Iterable[Section], *, one_thread: bool) -> str:
    """Write the standard library's imports first, then the others, with one line per module.

    `one_thread`: whether to limit the libraries to one thread, so that sums are not split. A network's script does that
    by itself.
    """
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
    others = [line for line in lines if line not in standard]
    if one_thread:
        standard = sorted([*standard, "import os"])
    return join_blocks(["\n".join(standard), ONE_THREAD if one_thread else "", "\n".join(others)])


def _write_from(module: str, names: set[str]) -> str:
    line = f"from {module} import {', '.join(sorted(names))}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in sorted(names)) + ")"
