"""The test runner: files of the tests go to a folder of their own; tests of the engine come last and share one.

Each process has a folder, a database and an engine of its own.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import tempfile
import time
import unittest
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.runner import (
    DiscoverRunner,
    ParallelTestSuite,
    RemoteTestResult,
    RemoteTestRunner,
    _init_worker,
    _run_subsuite,
)

PROCESSES = 2 if sys.platform == "linux" else 1  # where `--parallel` does not say; more make what is timed late
DURATIONS = "TEST_DURATIONS"  # environment variable with the path of a file, one line per test class
SLOWEST = 25  # test classes that are printed at the end
EARLY, LATE = 20, 0  # what is to be done when a process ends goes from the higher to the lower


class Folder:
    """Where a process of tests keeps its files, until it ends."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="playground-test-")
        self._data_dir = os.environ.get("DATA_DIR")
        os.environ["DATA_DIR"] = self._folder.name  # for the workers, which read the settings anew
        self._settings = override_settings(
            STORAGES={
                "default": {
                    "BACKEND": "playground.file_storage.WholeFileStorage",
                    "OPTIONS": {"location": Path(self._folder.name) / "files"},
                },
                "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            },
            # Django's secure hashers take 0.1 s for every visitor of a test.
            PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        )
        self._settings.enable()

    def leave(self) -> None:
        self._settings.disable()
        if self._data_dir is None:
            del os.environ["DATA_DIR"]
        else:
            os.environ["DATA_DIR"] = self._data_dir
        self._folder.cleanup()


def begin_process(*args: Any) -> None:
    _init_worker(*args)
    multiprocessing.current_process().daemon = False  # those may have no children, and engines do
    Finalize(None, Folder().leave, exitpriority=LATE)
    Finalize(None, stop_engine, exitpriority=EARLY)


class FailedSubtest:
    """The names of a subtest that failed, without the test: a test may hold a browser, which cannot be pickled."""

    failureException = AssertionError

    def __init__(self, subtest: unittest.TestCase) -> None:
        self._id, self._text, self._description = subtest.id(), str(subtest), subtest.shortDescription()

    def id(self) -> str:
        return self._id

    def __str__(self) -> str:
        return self._text

    def shortDescription(self) -> str | None:
        return self._description


class Result(RemoteTestResult):
    """The results of a process. A failed subtest that could not be pickled would end the whole run."""

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.check_picklable(test, err)
            self.events.append(("addSubTest", self.test_index, FailedSubtest(subtest), err))
        unittest.TestResult.addSubTest(self, test, subtest, err)


class RemoteRunner(RemoteTestRunner):
    resultclass = Result


def run_timed(args: tuple[Any, ...]) -> Any:
    """Run the tests of one class, and append its duration to the file that DURATIONS names."""
    test_class = type(next(iter(args[2])))  # read first, since a suite forgets its tests as it runs them
    start = time.monotonic()
    try:
        return _run_subsuite(args)
    finally:
        with open(os.environ[DURATIONS], "a") as file:
            file.write(f"{time.monotonic() - start:.1f} {test_class.__module__}.{test_class.__qualname__}\n")


class Suite(ParallelTestSuite):
    init_worker = begin_process
    runner_class = RemoteRunner
    run_subsuite = run_timed


class Runner(DiscoverRunner):
    parallel_test_suite = Suite

    def __init__(self, *, parallel: int = 0, pdb: bool = False, **kwargs: Any) -> None:
        super().__init__(parallel=parallel or (1 if pdb else PROCESSES), pdb=pdb, **kwargs)

    def setup_test_environment(self, **kwargs: Any) -> None:
        super().setup_test_environment(**kwargs)
        # Refusals are what many tests are about: with what goes well, they would bury what is worth reading.
        logging.getLogger().setLevel(logging.WARNING)
        for name in ("django.request", "django.security"):
            logging.getLogger(name).setLevel(logging.ERROR)
        # Compiled code is cached for the next test run and shared with the workers.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.DATA_DIR / "compiled"))
        os.environ["OMP_NUM_THREADS"] = "1"  # as in a worker: several threads are slower for tables as small as these
        # Playwright's synchronous interface runs an event loop in the test's thread.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        self._folder = Folder()
        os.environ[DURATIONS] = str(Path(os.environ["DATA_DIR"]) / "durations.txt")

    def teardown_test_environment(self, **kwargs: Any) -> None:
        self._print_slowest(Path(os.environ[DURATIONS]))
        self._folder.leave()
        super().teardown_test_environment(**kwargs)

    def _print_slowest(self, path: Path) -> None:
        """Print the slowest test classes of a parallel run."""
        if path.exists() and self.verbosity >= 1:
            lines = sorted(path.read_text().splitlines(), key=lambda line: -float(line.split()[0]))
            print(f"Seconds of the slowest of {len(lines)} test classes:", *lines[:SLOWEST], sep="\n", file=sys.stderr)

    def setup_databases(self, **kwargs: Any) -> Any:
        """With a copy for each process."""
        processes, self.parallel = self.parallel, 0
        config = super().setup_databases(**kwargs)
        self.parallel = processes
        if processes > 1:
            if connection.vendor == "sqlite":  # whose copy is the file's alone, without the log beside it
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for number in range(processes):
                connection.creation.clone_test_db(str(number + 1), self.verbosity, keepdb=self.keepdb)
        return config

    def teardown_databases(self, old_config: Any, **kwargs: Any) -> None:
        if connection.vendor == "postgresql":  # which drops no database that threads of tests are still connected to
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        super().teardown_databases(old_config, **kwargs)

    def build_suite(self, *args: Any, **kwargs: Any) -> Any:
        suite = super().build_suite(*args, **kwargs)
        # The sort is stable: within both parts the order stays what --shuffle and --reverse made of it.
        if isinstance(suite, ParallelTestSuite):  # of suites of one class each, which are handed out in this order
            suite.subsuites.sort(key=needs_engine)
            return suite
        return self.test_suite(sorted(suite, key=needs_engine))

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        try:
            return super().run_suite(suite, **kwargs)
        finally:
            stop_engine()  # before the database that it uses is destroyed


def needs_engine(test: unittest.TestCase | unittest.TestSuite) -> bool:
    """Whether the test, or the class that the suite is of, does."""
    from tests.training.cases import EngineTestCase

    return isinstance(next(iter(test)) if isinstance(test, unittest.TestSuite) else test, EngineTestCase)


def stop_engine() -> None:
    from training.engines.base import get_engine

    get_engine().stop()
