from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster_agent.blobs.errors import (
    DamagedBlob,
    InUse,
    NoRoom,
    UnknownBlob,
    WrongContent,
)
from cluster_agent.blobs.protocol import copy_out, verify
from cluster_agent.blobs.store import BlobStore
from engine.errors import InvalidInput, StorageFailed

DATA = bytes(range(256)) * 20_000  # 5 MB: several pieces
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "store")


def received(store: BlobStore, data: bytes, owner: str = "", digest: str = "") -> None:
    """Receive a blob as the server does."""
    partial = store.receive(digest or hashlib.sha256(data).hexdigest(), len(data), owner)
    try:
        for start in range(0, len(data), 1 << 20):
            partial.append(data[start : start + (1 << 20)])
        store.place(partial, owner)
    finally:
        store.leave(partial, owner)


def content(store: BlobStore, digest: str) -> bytes:
    with store.reading(digest) as reader:
        return b"".join(map(bytes, reader.pieces()))


def files(store: BlobStore) -> list[str]:
    return sorted(
        str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file()
    )


@contextmanager
def largest_file(nbytes: int) -> Iterator[None]:
    """A disk that takes no more than so many bytes in a file, by the system's own limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_was_put_is_found_by_its_digest(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "video").write_bytes(DATA)
    assert store.put(tmp_path / "video") == DIGEST == store.put(DATA)
    assert (store.size(DIGEST), content(store, DIGEST)) == (len(DATA), DATA)


def test_an_empty_blob_is_a_blob(store: BlobStore) -> None:
    digest = store.put(b"")
    assert (store.size(digest), content(store, digest)) == (0, b"")


def test_a_blob_lies_sharded_under_its_digest_and_nothing_else_is_left(store: BlobStore) -> None:
    store.put(DATA)
    received(store, b"another")
    other = hashlib.sha256(b"another").hexdigest()
    assert files(store) == sorted(f"blobs/{name[:2]}/{name}" for name in (DIGEST, other))


def test_an_unknown_blob_says_so(store: BlobStore) -> None:
    assert store.size(DIGEST) is None
    with pytest.raises(UnknownBlob, match=f"no blob {DIGEST[:12]}"):
        store.open(DIGEST)


@pytest.mark.parametrize(
    "digest",
    ["../../etc/passwd", "", "a" * 63, "A" * 64, "a" * 64 + "\n", "/" + "a" * 63, "ä" * 64],
)
def test_what_is_no_digest_never_becomes_a_path(store: BlobStore, digest: str) -> None:
    for use in (store.size, store.open, store.remove, lambda name: store.receive(name, 1)):
        with pytest.raises(InvalidInput, match="is no digest"):
            use(digest)


@pytest.mark.parametrize("owner", ["../../up", "a/b", "\x00", "é\udcff", "." * 500])
def test_an_owners_name_never_becomes_a_path(store: BlobStore, owner: str) -> None:
    received(store, b"data", owner)
    outside = [path for path in store.root.parent.iterdir() if path != store.root]
    assert (outside, store.used(owner)) == ([], 4)


def test_receiving_goes_on_where_it_ended_in_another_process(store: BlobStore) -> None:
    partial = store.receive(DIGEST, len(DATA), "ada")
    partial.append(DATA[:1_000_000])
    store.leave(partial, "ada")
    again = BlobStore(store.root)
    partial = again.receive(DIGEST, len(DATA), "ada")
    assert partial.have == 1_000_000
    partial.append(DATA[1_000_000:])
    again.place(partial, "ada")
    assert content(again, DIGEST) == DATA


def test_a_killed_process_leaves_what_it_received(store: BlobStore) -> None:
    script = f"""
import os, signal
from pathlib import Path
from cluster_agent.blobs.store import BlobStore
partial = BlobStore(Path({str(store.root)!r})).receive({DIGEST!r}, {len(DATA)}, "ada")
partial.append(bytes(range(256)) * 10_000)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3])
    assert ended.returncode == -signal.SIGKILL
    partial = store.receive(DIGEST, len(DATA), "ada")
    assert partial.have == 2_560_000
    partial.append(DATA[partial.have :])
    store.place(partial, "ada")
    assert content(store, DIGEST) == DATA


def test_wrong_content_gets_no_name_and_begins_anew(store: BlobStore) -> None:
    partial = store.receive(DIGEST, len(DATA))
    partial.append(b"x" * len(DATA))
    with pytest.raises(WrongContent, match="has the digest"):
        store.place(partial)
    assert (store.size(DIGEST), partial.have) == (None, 0)
    partial.append(DATA)
    store.place(partial)
    assert content(store, DIGEST) == DATA


def test_what_is_not_whole_gets_no_name(store: BlobStore) -> None:
    partial = store.receive(DIGEST, len(DATA))
    partial.append(DATA[:10])
    with pytest.raises(WrongContent, match="ends at 10"):
        store.place(partial)
    store.leave(partial)
    assert files(store) == []


def test_two_owners_receive_one_blob_at_once_and_neither_spoils_the_other(
    store: BlobStore,
) -> None:
    honest, liar = store.receive(DIGEST, len(DATA), "ada"), store.receive(DIGEST, len(DATA), "eve")
    liar.append(b"x" * len(DATA))
    honest.append(DATA)
    with pytest.raises(WrongContent):
        store.place(liar, "eve")
    store.place(honest, "ada")
    liar.append(DATA)
    store.place(liar, "eve")
    assert content(store, DIGEST) == DATA
    assert (store.used(), store.used("ada"), store.used("eve")) == (len(DATA),) * 3


def test_many_threads_put_one_blob_at_once(store: BlobStore) -> None:
    threads = [threading.Thread(target=store.put, args=(DATA,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files(store) == [f"blobs/{DIGEST[:2]}/{DIGEST}"]
    assert (verify(store, DIGEST), store.used()) == (len(DATA), len(DATA))


def test_a_blob_is_received_by_one_process_at_a_time(store: BlobStore) -> None:
    with store.receive(DIGEST, 10), pytest.raises(InUse, match="another process"):
        BlobStore(store.root).receive(DIGEST, 10)
    store.receive(DIGEST, 10).close()


def test_a_damaged_blob_is_named_and_removed_on_reading(store: BlobStore) -> None:
    store.put(DATA, "ada")
    path = store.root / "blobs" / DIGEST[:2] / DIGEST
    with open(path, "r+b") as file:
        file.seek(3_000_000)
        file.write(b"!")
    with pytest.raises(DamagedBlob, match=rf"{DIGEST[:12]}.* is damaged.*removed"):
        content(store, DIGEST)
    assert (store.size(DIGEST), store.used(), store.used("ada"), files(store)) == (None, 0, 0, [])


def test_a_truncated_blob_is_damaged_too(store: BlobStore) -> None:
    store.put(DATA)
    os.truncate(store.root / "blobs" / DIGEST[:2] / DIGEST, 100)
    with pytest.raises(DamagedBlob):
        verify(store, DIGEST)
    assert store.put(DATA) == DIGEST
    assert verify(store, DIGEST) == len(DATA)


def test_a_damaged_blob_is_not_copied_out(store: BlobStore, tmp_path: Path) -> None:
    store.put(DATA)
    copy_out(store, DIGEST, tmp_path / "out" / "video")
    assert (tmp_path / "out" / "video").read_bytes() == DATA
    (store.root / "blobs" / DIGEST[:2] / DIGEST).write_bytes(DATA[:-1] + b"!")
    with pytest.raises(DamagedBlob):
        copy_out(store, DIGEST, tmp_path / "out" / "other")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["video"]


def test_the_quota_of_the_store_counts_what_is_coming(tmp_path: Path) -> None:
    store = BlobStore(tmp_path, quota=1000)
    store.put(b"a" * 500)
    coming = store.receive(DIGEST, 400)
    with pytest.raises(NoRoom, match=r"101 bytes has no room: the blob store may keep 1000 bytes"):
        store.put(b"b" * 101)
    with pytest.raises(NoRoom):
        store.receive("0" * 64, 101)
    store.leave(coming)
    assert (store.used(), len(store.put(b"b" * 101))) == (500, 64)


def test_the_quota_of_an_owner_holds_over_a_restart(store: BlobStore) -> None:
    received(store, b"a" * 600, "ada")
    again = BlobStore(store.root)
    assert (again.used("ada"), again.used("bob")) == (600, 0)
    with pytest.raises(NoRoom, match=r"user 'ada' may keep 1000 bytes, and 600 bytes are in use"):
        again.receive(DIGEST, 401, "ada", 1000)
    again.leave(again.receive(DIGEST, 401, "bob", 1000), "bob")
    with pytest.raises(NoRoom):
        again.claim(again.put(b"b" * 401), 401, "ada", 1000)


def test_half_a_blob_counts_with_its_bytes_after_a_restart(store: BlobStore) -> None:
    partial = store.receive(DIGEST, len(DATA), "ada")
    partial.append(DATA[:700])
    assert store.used("ada") == len(DATA)
    store.leave(partial, "ada")
    assert store.used("ada") == BlobStore(store.root).used("ada") == 700


def test_a_removed_blob_no_longer_counts(store: BlobStore) -> None:
    received(store, b"a" * 600, "ada")
    assert store.remove(hashlib.sha256(b"a" * 600).hexdigest()) == 600
    assert (store.used(), store.used("ada"), BlobStore(store.root).used("ada")) == (0, 0, 0)


def test_owners_keep_nothing_that_vanished_while_the_store_was_closed(store: BlobStore) -> None:
    received(store, DATA, "ada")
    (store.root / "blobs" / DIGEST[:2] / DIGEST).unlink()
    again = BlobStore(store.root)
    assert (again.used("ada"), files(again)) == (0, [])


def test_a_full_disk_is_a_sentence_and_what_was_received_stays_good(store: BlobStore) -> None:
    partial = store.receive(DIGEST, len(DATA))
    partial.append(DATA[:1_000_000])
    with largest_file(1_500_000), pytest.raises(NoRoom, match="Free some space"):
        partial.append(DATA[1_000_000:])
    assert partial.have == 1_000_000
    partial.append(DATA[1_000_000:])
    store.place(partial)
    assert content(store, DIGEST) == DATA


def test_a_file_that_does_not_fit_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "video").write_bytes(DATA)
    with largest_file(1_500_000), pytest.raises(NoRoom):
        store.put(tmp_path / "video")
    assert (files(store), store.used()) == ([], 0)


def test_a_store_where_a_file_lies_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageFailed, match="Cannot write"):
        BlobStore(tmp_path / "taken")


def test_a_file_that_cannot_be_read_is_named(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"Cannot read '.*missing'"):
        store.put(tmp_path / "missing")


def test_other_files_in_the_folder_are_no_blobs(store: BlobStore) -> None:
    store.put(DATA)
    (store.root / "blobs" / DIGEST[:2] / "notes.txt").write_text("hello")
    assert [entry.digest for entry in store.entries()] == [DIGEST]
