"""One table inside a `.gz` or a `.zip`: unpacked up to a bound, since a few bytes may stand for gigabytes."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from training.datasets.reading.cells import Packing
from training.exceptions import UnreadableTable

MAX_UNPACKED = 500_000_000  # bytes
SMALL_UNPACKED = 20_000_000  # bytes up to which an archive may be packed as tightly as it likes
MAX_RATIO = 100  # unpacked bytes for each packed one beyond that: tables are packed to a tenth or so
MAX_MEMBERS = 10_000  # files in an archive
LISTED = 10  # names in a message
CHUNK = 1_000_000  # bytes
GZIP, ZIP, EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)


@dataclass(frozen=True)
class Unpacked:
    """`names` are the files of an archive that may be tables, `passed_over` those that are none."""

    raw: bytes
    packing: Packing
    member: str = ""
    names: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


def unpack_gzip(raw: bytes) -> Unpacked:
    """Raises UnreadableTable."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            content = read_bounded(file, find_limit(len(raw)))  # type: ignore[arg-type]
    except _BROKEN as error:
        raise _refuse_broken("gzip", error) from error
    _refuse_nested(content)
    return Unpacked(content, Packing.GZIP)


def open_zip(raw: bytes) -> zipfile.ZipFile:
    """Raises UnreadableTable for what is no archive, or one with too many files or too many bytes."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except _BROKEN as error:
        raise _refuse_broken("zip", error) from error
    if len(archive.infolist()) > MAX_MEMBERS:
        raise UnreadableTable(f"The zip archive has more than {MAX_MEMBERS:,} files.", hint="Upload only the table.")
    return archive


def unpack_zip(archive: zipfile.ZipFile, chosen: str | None) -> Unpacked:
    """Return the only table of the archive, or the chosen one. Raises UnreadableTable."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    tables = [info for info in files if not _is_hidden(info.filename)]
    names = tuple(info.filename for info in tables)
    passed_over = tuple(info.filename for info in files if _is_hidden(info.filename))
    if not tables:
        raise UnreadableTable("The zip archive is empty.", hint="Put the table into it.")
    if chosen is not None:
        tables = [info for info in tables if info.filename == chosen]
    if len(tables) != 1:
        listed = ", ".join(name[:80] for name in names[:LISTED]) + (", …" if len(names) > LISTED else "")
        raise UnreadableTable(
            f"The zip archive has no file {chosen[:80]!r}, but {listed}."
            if chosen is not None
            else f"The zip archive has {len(names):,} files: {listed}.",
            hint="Set `reading.sheet` to the name of the file with the table, or upload that file alone.",
            where="reading.sheet",
        )
    (info,) = tables
    content = read_member(archive, info)
    _refuse_nested(content)
    return Unpacked(content, Packing.ZIP, info.filename, names, passed_over)


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read a file of an archive; its checksum is checked. Raises UnreadableTable."""
    if info.flag_bits & 1:
        raise UnreadableTable("The zip archive is encrypted.", hint="Unpack it, and upload the table itself.")
    most = find_limit(info.compress_size)
    if info.file_size > most:
        raise _refuse_size(most)
    try:
        with archive.open(info) as file:
            return read_bounded(file, most)  # type: ignore[arg-type]
    except _BROKEN as error:
        raise _refuse_broken("zip", error) from error


def find_limit(packed: int) -> int:
    """Return how many bytes may become of so many packed ones."""
    return min(MAX_UNPACKED, max(SMALL_UNPACKED, MAX_RATIO * packed))


def read_bounded(file: BinaryIO, most: int) -> bytes:
    """Read all of a file. Raises UnreadableTable where it is longer than `most` bytes."""
    pieces = []
    size = 0
    while piece := file.read(CHUNK):
        size += len(piece)
        if size > most:
            raise _refuse_size(most)
        pieces.append(piece)
    return b"".join(pieces)


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")


def _refuse_nested(content: bytes) -> None:
    if content.startswith((GZIP, ZIP, b"PAR1", b"\xd0\xcf\x11\xe0")):
        raise UnreadableTable(
            "The archive holds another archive, a workbook or a Parquet file.",
            hint="Unpack it, and upload what is inside.",
        )


def _refuse_size(most: int) -> UnreadableTable:
    return UnreadableTable(
        f"Unpacked, the file has more than {most:,} bytes.",
        hint="Upload a sample of the rows, or the table without packing it.",
    )


def _refuse_broken(kind: str, error: Exception) -> UnreadableTable:
    return UnreadableTable(
        f"The {kind} archive cannot be unpacked: {str(error)[:200].rstrip('.')}.",
        hint="Unpack it, and upload the table itself.",
    )
