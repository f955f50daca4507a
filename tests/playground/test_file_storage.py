"""The file system as a storage: a file is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from unittest import mock

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import SimpleTestCase

from playground.file_storage import WholeFileStorage


class Torn(ContentFile):
    """Fails after its first part, as where a disk is full."""

    def chunks(self, chunk_size=None):
        yield b"first"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class WholeFileStorageTests(SimpleTestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.storage = WholeFileStorage(location=self.folder)

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def test_what_is_saved_is_there_under_its_name_alone_and_for_the_server_alone(self):
        self.assertEqual(self.storage.save("a/b/c.bin", ContentFile(b"content")), "a/b/c.bin")
        self.assertEqual(self.files(), ["a/b/c.bin"])
        path = self.folder / "a/b/c.bin"
        self.assertEqual(path.read_bytes(), b"content")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_a_write_that_fails_leaves_nothing(self):
        with self.assertRaises(OSError) as caught:
            self.storage.save("a.bin", Torn(b""))
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        self.assertEqual(self.files(), [])

    def test_the_name_is_given_once_all_is_on_the_disk(self):
        seen = []
        with mock.patch("os.fsync", side_effect=lambda descriptor: seen.append(self.files())):
            self.storage.save("a.bin", ContentFile(b"content"))
        self.assertEqual([name.endswith(".part") for names in seen for name in names], [True])
        self.assertEqual(self.files(), ["a.bin"])

    def test_a_name_that_is_taken_stays_with_its_file(self):
        self.storage.save("a.bin", ContentFile(b"one"))
        other = self.storage.save("a.bin", ContentFile(b"two"))
        self.assertNotEqual(other, "a.bin")
        self.assertEqual([(self.folder / name).read_bytes() for name in ("a.bin", other)], [b"one", b"two"])

    def test_an_upload_that_lies_on_the_disk_is_moved(self):
        upload = TemporaryUploadedFile("table.csv", "text/csv", 3, None)
        upload.write(b"a,b")
        upload.flush()
        self.storage.save("table.csv", upload)
        upload.close()
        self.assertEqual((self.folder / "table.csv").read_bytes(), b"a,b")
        self.assertEqual(self.files(), ["table.csv"])
