"""Changes constants in the processes that a test starts, where `unittest.mock.patch` does not reach.

A test names each constant by its dotted path, or a setting without a variable by its name:

    Server(**with_constants({"training.runs.leases.LEASE_SECONDS": 2, "EMAIL_TIMEOUT": 1}))
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import Any

from django.apps import AppConfig

VARIABLE = "TEST_CONSTANTS"


def with_constants(constants: dict[str, Any]) -> dict[str, str]:
    """Return the environment variables with which a process starts under `tests.settings` and these constants."""
    return {"DJANGO_SETTINGS_MODULE": "tests.settings", VARIABLE: json.dumps(constants)}


def read_changes() -> dict[str, Any]:
    return dict(json.loads(os.environ.get(VARIABLE) or "{}"))


class ConstantsConfig(AppConfig):
    name = "tests.constants"
    label = "test_constants"

    def ready(self) -> None:
        """Set each constant. Raises AttributeError where its module has none of this name."""
        for path, value in read_changes().items():
            if "." in path:
                module_name, _, name = path.rpartition(".")
                module = import_module(module_name)
                getattr(module, name)
                setattr(module, name, value)
