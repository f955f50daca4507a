"""Static files under names that change with what they hold, compressed, so that browsers keep them for ever.

`collect` is what `collectstatic` does, done by the server when it starts, and only where a file has changed since.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files import locks
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

UNUSED = ["datasets", "templates", "widgetbundle.js"]  # what else lies beside Plotly's browser build


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Also what our modules import from each other goes by the new names."""

    # Imports are looked for in our own modules alone: in Plotly, which has none, that takes longer than all the rest.
    patterns = (
        *(pair for pair in CompressedManifestStaticFilesStorage.patterns if pair[0] == "*.css"),
        ("playground?*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )
    manifest_strict = False  # where nothing is collected yet, as in tests, names stay as they are


def collect() -> None:
    """Several servers on one folder take turns; the first one does it for all."""
    root = Path(settings.STATIC_ROOT)
    seal = root.with_suffix(".collected")
    with root.with_suffix(".lock").open("w") as lock:
        locks.lock(lock, locks.LOCK_EX)
        fingerprint = _take_fingerprint()
        if not seal.exists() or seal.read_text() != fingerprint:
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
            seal.write_text(fingerprint)


def _take_fingerprint() -> str:
    """Of every file's path, size and time, which takes milliseconds."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(UNUSED):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
