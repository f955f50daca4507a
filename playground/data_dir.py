"""DATA_DIR: the folder of the database, uploads, models, mail and the secret key. Only its owner may read it."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MIN_FREE_BYTES = 50_000_000
"""A server does not start with less: static files, compiled code and the database need it at once."""

OTHERS = 0o077
"""The permission bits of group and others."""

NAMES = ("secret_key", "files", "mail", "compiled", "static", "static.lock", "static.collected")
"""What this project keeps in DATA_DIR, beside SQLite's files."""

_restricted: list[str] = []


def prepare_data_dir(path: Path) -> Path:
    """Make the folder where it is missing, and take permissions of group and others from it and from its files.

    From then on, everything that this process and its children create is for the owner alone. Sub-folders are not
    searched: nobody else gets through their parent.
    Raises ImproperlyConfigured where there can be no such folder.
    """
    os.umask(os.umask(OTHERS) | OTHERS)
    make_folder(path)
    if may_restrict(path):
        _restrict(path)
    for found in (*(path / name for name in NAMES), *path.glob("*.sqlite3*")):
        _restrict(found)
    return path


def make_folder(path: Path) -> None:
    """Make a folder in DATA_DIR, or DATA_DIR. Raises ImproperlyConfigured."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse_data_dir(path, error) from None


def restrict_database(path: str) -> None:
    """Take permissions of group and others from an SQLite database, and from its journals."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        _restrict(Path(path + suffix))


def refuse_data_dir(path: Path, error: OSError) -> ImproperlyConfigured:
    """Build the error that names the setting."""
    reason = error.strerror or type(error).__name__
    return ImproperlyConfigured(
        f"DATA_DIR cannot be used: {path}: {reason}. Set DATA_DIR to a folder that this user may write to."
    )


def read_secret(path: Path) -> str:
    """Return the secret in a file that only its owner can read. The first call creates it.

    Raises ImproperlyConfigured if the file can be neither created nor read.
    """
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _await_secret(path)
        with os.fdopen(descriptor, "w") as file:
            file.write(key := secrets.token_urlsafe(50))
    except OSError as error:
        raise refuse_data_dir(path, error) from None
    return key


def _await_secret(path: Path) -> str:
    """Return the secret once the process that creates the file has written it. Raises ImproperlyConfigured."""
    for _ in range(50):
        if secret := path.read_text():
            return secret
        time.sleep(0.02)
    raise ImproperlyConfigured(f"{path} is empty. Delete it, or set SECRET_KEY.")


def find_data_dir_problem(path: Path) -> str:
    """Try to write to the folder. Return what is wrong with it, or an empty text."""
    try:
        free = shutil.disk_usage(path).free
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(bytes(65_536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"DATA_DIR cannot be written to: {path}: {error.strerror or type(error).__name__}."
    if free < MIN_FREE_BYTES:
        return f"DATA_DIR has no room: {path} has {free // 1_000_000} MB free."
    return ""


def may_restrict(path: Path) -> bool:
    """Return whether the folder may lose permissions: it is no system's or home folder, and not shared on purpose.

    A folder is shared on purpose where its set-group-ID or sticky bit is set.
    """
    path = path.resolve()
    if len(path.parts) <= 2 or path == Path.home() or not _is_own(path):
        return False
    return not path.stat().st_mode & (stat.S_ISGID | stat.S_ISVTX)


def is_open(path: Path) -> bool:
    """Return whether group or others have any permission."""
    return bool(path.stat().st_mode & OTHERS)


def take_restricted() -> list[str]:
    """Return the paths whose permissions this process has reduced since the last call."""
    taken = list(_restricted)
    _restricted.clear()
    return taken


def _restrict(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & OTHERS and not path.is_symlink() and _is_own(path):
            path.chmod(mode & ~OTHERS)
            _restricted.append(str(path))
    except OSError:  # gone meanwhile, as SQLite's journals come and go, or on a file system without permissions
        return


def _is_own(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()
