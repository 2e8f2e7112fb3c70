"""Raw bytes, kept under their SHA-256 in a local folder or any object store."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem


class SnapshotError(Exception):
    """The store did not take or give the bytes; the message says which and why."""


class SnapshotStore:
    """``url`` is a folder, or an address that fsspec knows, such as ``s3://bucket/prefix``."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)

    def put(self, raw: bytes) -> str:
        """Keeps the bytes and returns their SHA-256 in hexadecimal; the same bytes are stored once.

        They are written beside and moved into place, so a kill leaves no half of a file under its name.
        """
        sha256 = hashlib.sha256(raw).hexdigest()
        path = self._path(sha256)
        try:
            if self._files.exists(path):
                return sha256
            self._files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            beside = f"{path}.{uuid.uuid4().hex}.part"
            if isinstance(self._files, LocalFileSystem):
                try:
                    with open(beside, "wb") as file:
                        file.write(raw)
                        file.flush()
                        os.fsync(file.fileno())
                    os.replace(beside, path)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.unlink(beside)
                    raise
            else:
                self._files.pipe_file(beside, raw)
                self._files.mv(beside, path)
        except OSError as error:
            raise SnapshotError(
                f"snapshot {sha256[:12]}… of {len(raw)} bytes not stored in {self._root}: {error}"
            ) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        try:
            raw: bytes = self._files.cat_file(self._path(sha256))
        except FileNotFoundError as error:
            raise SnapshotError(f"snapshot {sha256} is not in {self._root}") from error
        except OSError as error:
            raise SnapshotError(f"snapshot {sha256} in {self._root}: {error}") from error
        return raw

    def has(self, sha256: str) -> bool:
        try:
            return bool(self._files.exists(self._path(sha256)))
        except OSError as error:
            raise SnapshotError(f"snapshot {sha256} in {self._root}: {error}") from error

    def is_folder(self, folder: Path) -> bool:
        """Whether the bytes lie in this folder of the machine."""
        return isinstance(self._files, LocalFileSystem) and Path(self._root).absolute() == folder.absolute()

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"
