"""More than a thousand layers and estimators that try to get code evaluated.

Each leaves a trace if it is evaluated: `TRACES` grows, a file appears, or the interpreter ends.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Iterator
from typing import Any

TRACES: list[str] = []


def leave_trace(*_: Any) -> int:
    TRACES.append("evaluated")
    return 1


# Reachable by name from any evaluation, whatever globals it is given.
builtins.leave_trace = leave_trace  # type: ignore[attr-defined]

PAYLOADS = (
    "leave_trace()",
    "__import__('os').system('touch /tmp/hostile')",
    "exec('leave_trace()')",
    "eval('leave_trace()')",
    "open('/etc/passwd').read()",
    "().__class__.__bases__[0].__subclasses__()",
    "(lambda: leave_trace())()",
    "[leave_trace() for _ in range(9)]",
    "{leave_trace(): 1}",
    "f'{leave_trace()}'",
    "(x := leave_trace())",
    "*[leave_trace()]",
    "**{'in_features': leave_trace()}",
    "leave_trace",
    "leave_trace() if True else 0",
    "leave_trace() or 4",
    "not leave_trace()",
    "-leave_trace()",
    "[1][leave_trace()]",
    "1 + leave_trace()",
    "await leave_trace()",
    "(yield)",
    "...",
    "b'bytes'",
    "1j",
    "10 ** 10 ** 10",
    "9" * 100,
    "1e999",
    "float('nan')",
    "'a' * 10 ** 12",
    "torch.load('model.pt')",
    "nn.Linear(4, 4)",
    "lambda x: x",
    "{1, 2}",
    "x",
    "globals()",
    "exit()",
    "breakpoint()",
    "getattr(nn, 'Linear')",
    "(((((((1)))))))(1)",
    "((1,),)",
    "[[[]]]",
    "~1",
    "1 if leave_trace() else 2",
)
NAMES = (
    "nn.Linear",
    "torch.nn.Linear",
    "Linear",
    "nn.Dropout",
    "nn.Conv2d",
    "nn.LayerNorm",
    "RandomForestClassifier",
    "sklearn.ensemble.RandomForestClassifier",
    "LogisticRegression",
)
WRAPPERS = (
    "{payload}",
    "{name}({payload})",
    "{name}(4, {payload})",
    "{name}(out_features={payload})",
    "{name}(8, (3, {payload}))",
    "{name}(max_depth={payload})",
)
FIXED = (
    "nn.__class__()",
    "nn.Linear.__init__(4, 4)",
    "nn.modules.linear.Linear(4, 4)",
    "torch.nn.utils.Linear(1)",
    "os.system('touch /tmp/hostile')",
    "sklearn.__builtins__.eval('leave_trace()')",
    "nn['Linear'](4)",
    "nn.Linear(4)(4)",
    "nn.Linear(4).forward(4)",
    "nn.Linear(4); leave_trace()",
    "nn.Linear(4)\nleave_trace()",
    "nn.Linear(4) # \n leave_trace()",
    "import os",
    "def f(): leave_trace()",
    "class A(leave_trace()): pass",
    "nn.Linear(" * 30 + ")" * 30,
    "(" * 190 + ")" * 9,
    "-" * 190 + "1",
    "nn." * 60 + "Linear(4)",
    "nn.Linear(" + "9" * 150 + ")",
    "nn.Linear(4, bias='" + "x" * 150 + "')",
    "nn.Linear(4, 4, 4, 4, 4, 4, 4)",
    "nn.Linear(out_features=4, out_features=4)",
    "nn.Linear(*(4, 4))",
    "nn.Linear(0x" + "f" * 100 + ")",
    "nn.Linear(-1)",
    "nn.Linear(0)",
    "nn.Linear(True)",
    "nn.Linear(4.5)",
    "nn.Linear('4')",
    "nn.Linear(4, 1000000000)",
    "ｎｎ.Ｌｉｎｅａｒ(１)",
    "nn.Linear(4)\x00",
    "\ufeffnn.Linear()",
    "\x00",
    "\ud800",
    "",
    " ",
    "nn.Linear(4,,4)",
    "nn.Linear(4",
    "'nn.Linear(4)'",
    "None",
    "True",
    "Linear.Linear(4)",
    "Conv2d(8, (10**9, 10**9))",
    "Conv2d(8, 3, padding_mode='leave_trace()')",
    "Conv2d(8, 3, device='cuda')",
    "Unflatten(1, " + "(1, " * 40 + ")" * 40 + ")",
    "Unflatten(1, (1000000, 1000000, 1000000))",
    "Unflatten('__class__', (1, 8))",
    "LazyConv2d(8, 3)",
    "_Linear(4)",
    "Sequential(4)",
    "Module()",
    "DataParallel(4)",
    "RandomForestClassifier(n_estimators=10**9)",
    "RandomForestClassifier(n_jobs=64)",
    "RandomForestClassifier(random_state=1, warm_start=True)",
    "RandomForestClassifier(max_depth=1e300)",
    "VotingClassifier()",
    "Pipeline([])",
    "joblib.load('model')",
)
OBJECTS: tuple[Any, ...] = (
    {},
    {"layer": None},
    {"layer": 3},
    {"layer": ["Linear"]},
    {"layer": "__import__('os')"},
    {"layer": "nn.Linear.__init__", "out_features": 4},
    {"layer": "Linear", "__class__": "leave_trace"},
    {"layer": "Linear", "out_features": {"layer": "Linear"}},
    {"layer": "Linear", "out_features": "leave_trace()"},
    {"layer": "Linear", "out_features": 10**30},
    {"layer": "Linear", "out_features": float("nan")},
    {"layer": "Linear", "out_features": [[1]]},
    {"layer": "Linear", "device": "cuda"},
    {"layer": "Conv2d", "out_channels": 8, "kernel_size": ["leave_trace()", 3]},
    {"layer": "Unflatten", "dim": 1, "unflattened_size": [1] * 9},
    {"layer": "Linear", **{f"argument{n}": n for n in range(40)}},
    {"estimator": "RandomForestClassifier", "base_estimator": "leave_trace()"},
    {"estimator": "RandomForestClassifier", "criterion": "leave_trace()"},
    {"estimator": "builtins.eval"},
    {"estimator": {"estimator": "RandomForestClassifier"}},
    3,
    None,
    ["nn.Linear(4)"],
    True,
    1.5,
)


def hostile_texts() -> Iterator[str]:
    yield from FIXED
    seen = set(FIXED)
    for wrapper, name, payload in itertools.product(WRAPPERS, NAMES, PAYLOADS):
        text = wrapper.format(name=name, payload=payload)
        if text not in seen:
            seen.add(text)
            yield text


def hostile_entries() -> list[Any]:
    return [*hostile_texts(), *OBJECTS]
