"""Static files with content hashes in their names, compressed, so that browsers cache them without limit.

`collect` does what `collectstatic` does. The server calls it at its start, and it works only if a file has changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files import locks
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

UNUSED = ["datasets", "templates", "widgetbundle.js"]  # other files beside Plotly's browser build


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Storage that also replaces the names in the imports of our own modules."""

    # Plotly's 5 MB contain no import of ours, and searching them takes longer than everything else.
    patterns = (
        *(pair for pair in CompressedManifestStaticFilesStorage.patterns if pair[0] == "*.css"),
        ("playground?*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )
    manifest_strict = False  # if nothing is collected, as in tests, names stay unchanged


def collect() -> None:
    """Collect the static files. Servers that share the folder do it one after the other, and only the first has
    work.
    """
    root = Path(settings.STATIC_ROOT)
    seal = root.with_suffix(".collected")
    with root.with_suffix(".lock").open("w") as lock:
        locks.lock(lock, locks.LOCK_EX)
        fingerprint = _take_fingerprint()
        if not seal.exists() or seal.read_text() != fingerprint:
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
            seal.write_text(fingerprint)


def _take_fingerprint() -> str:
    """Return a fingerprint of the path, size and time of every file. Takes milliseconds."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(UNUSED):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
