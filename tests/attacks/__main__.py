"""`python -m tests.attacks [uvicorn|daphne …]`: every attack under each server, then what others notice of attackers.

`python -m tests.attacks load [uvicorn|daphne …]` measures the latter alone.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.attacks import load
from tests.attacks.cases import COMMANDS
from tests.server import ROOT


def main(names: list[str]) -> int:
    if names[:1] == ["load"]:
        return load.main(names[1:])
    failed = []
    for name in names or COMMANDS:
        print(f"--- attacks under {name}", flush=True)
        command = [sys.executable, "manage.py", "test", "tests.attacks", "--parallel", "1"]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "ATTACKED_SERVER": name, "CI": "true"})
        failed += [name] if done.returncode else []
    return max(load.main(names), 1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
