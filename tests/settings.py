"""Settings of the tests: those of the playground, a test runner, and what a test changes in the processes it starts."""

from __future__ import annotations

from playground.environment import reading
from tests.constants import read_changes

reading.ENV_FILE = None  # an operator's file must not change what is tested

from playground.settings import *  # noqa: E402, F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.constants.ConstantsConfig"]  # noqa: F405
TEST_RUNNER = "tests.runner.Runner"
# A file: tests with a live server, and the threads of engines, must use the same database.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
globals().update({name: value for name, value in read_changes().items() if "." not in name})
