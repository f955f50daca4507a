"""The test runner: files of the tests go to a folder of their own; tests of the engine come last and share one."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.test import override_settings
from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    def setup_test_environment(self, **kwargs: Any) -> None:
        super().setup_test_environment(**kwargs)
        # Refusals are what many tests are about: with what goes well, they would bury what is worth reading.
        logging.getLogger().setLevel(logging.WARNING)
        for name in ("django.request", "django.security"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._folder = tempfile.TemporaryDirectory(prefix="playground-test-")
        self._data_dir = os.environ.get("DATA_DIR")
        # What is compiled is kept for the next time, and shared with the workers.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.DATA_DIR / "compiled"))
        os.environ["DATA_DIR"] = self._folder.name  # for the workers, which read the settings anew
        os.environ["OMP_NUM_THREADS"] = "1"  # as in a worker: several threads are slower for tables as small as these
        # Playwright's synchronous interface runs an event loop in the test's thread.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        self._settings = override_settings(
            STORAGES={
                "default": {
                    "BACKEND": "playground.file_storage.WholeFileStorage",
                    "OPTIONS": {"location": Path(self._folder.name) / "files"},
                },
                "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            }
        )
        self._settings.enable()

    def teardown_test_environment(self, **kwargs: Any) -> None:
        self._settings.disable()
        if self._data_dir is None:
            del os.environ["DATA_DIR"]
        else:
            os.environ["DATA_DIR"] = self._data_dir
        self._folder.cleanup()
        super().teardown_test_environment(**kwargs)

    def teardown_databases(self, old_config: Any, **kwargs: Any) -> None:
        if connection.vendor == "postgresql":  # which drops no database that threads of tests are still connected to
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        super().teardown_databases(old_config, **kwargs)

    def build_suite(self, *args: Any, **kwargs: Any) -> Any:
        from tests.training.cases import EngineTestCase

        if self.parallel > 1:
            raise CommandError("The tests share one engine: run them without --parallel.")
        suite = super().build_suite(*args, **kwargs)
        # The sort is stable: within both parts the order stays what --shuffle and --reverse made of it.
        return self.test_suite(sorted(suite, key=lambda test: isinstance(test, EngineTestCase)))

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        from training.engines.base import get_engine

        try:
            return super().run_suite(suite, **kwargs)
        finally:
            get_engine().stop()  # before the database that it uses is destroyed
