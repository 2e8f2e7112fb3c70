"""Raw bytes under their SHA-256."""

import hashlib
import os
import threading
import uuid
from pathlib import Path

import pytest

from indexer.snapshots import SnapshotError, SnapshotStore

RAW = "<html>关于农机补贴的通知</html>".encode("gbk")


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.fixture(params=["folder", "file address", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotStore:
    folder = tmp_path / "快照 %s"
    return SnapshotStore(
        {"folder": str(folder), "file address": f"file://{tmp_path}/s", "memory": f"memory://{uuid.uuid4()}/s"}[
            request.param
        ]
    )


@pytest.mark.parametrize("raw", [RAW, b"", b"\x00\xff" * 1_000_000], ids=["page", "empty", "binary"])
def test_what_goes_in_comes_out(store: SnapshotStore, raw: bytes) -> None:
    sha256 = store.put(raw)
    assert sha256 == hashlib.sha256(raw).hexdigest()
    assert store.put(raw) == sha256
    assert store.get(sha256) == raw


def test_unknown_bytes(store: SnapshotStore) -> None:
    with pytest.raises(SnapshotError, match=r"snapshot abab.* is not in "):
        store.get("ab" * 32)


def test_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    store = SnapshotStore(str(tmp_path))
    sha256 = store.put(RAW)
    (path,) = files(tmp_path)
    assert path.relative_to(tmp_path).as_posix() == f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    before = path.stat().st_mtime_ns
    store.put(RAW)
    assert files(tmp_path) == [path]
    assert path.stat().st_mtime_ns == before


def test_several_threads_put_the_same(tmp_path: Path) -> None:
    store = SnapshotStore(str(tmp_path))
    threads = [threading.Thread(target=store.put, args=(RAW,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = files(tmp_path)
    assert path.read_bytes() == RAW


def test_a_store_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    store = SnapshotStore(str(tmp_path / "file"))
    with pytest.raises(SnapshotError, match=rf"of {len(RAW)} bytes not stored in .*file"):
        store.put(RAW)
    with pytest.raises(SnapshotError, match="snapshot abab"):
        store.get("ab" * 32)


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="this system has no /dev/full")
def test_what_was_not_written_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the part is a link to the device that has no room."""
    name = uuid.UUID(int=7)
    monkeypatch.setattr(uuid, "uuid4", lambda: name)
    sha256 = hashlib.sha256(RAW).hexdigest()
    folder = tmp_path / sha256[:2] / sha256[2:4]
    folder.mkdir(parents=True)
    (folder / f"{sha256}.{name.hex}.part").symlink_to("/dev/full")
    store = SnapshotStore(str(tmp_path))
    with pytest.raises(SnapshotError, match="No space left on device"):
        store.put(RAW)
    assert list(folder.iterdir()) == []
    assert store.put(RAW) == sha256
    assert store.get(sha256) == RAW
