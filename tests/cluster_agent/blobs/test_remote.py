from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from cluster_agent.blobs.errors import DamagedBlob, NoRoom, UnknownBlob, WrongContent
from cluster_agent.blobs.garbage import collect
from cluster_agent.blobs.protocol import Blobs, verify
from cluster_agent.blobs.remote import RemoteStore
from engine.errors import InvalidInput, StorageFailed

DATA = bytes(range(256)) * 20_000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path}/far"
        return
    name = f"/{uuid.uuid4().hex}"
    yield f"memory:/{name}"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def store(address: str, tmp_path: Path) -> RemoteStore:
    store: Blobs = RemoteStore(address, tmp_path / "cache")
    assert isinstance(store, RemoteStore)
    return store


def far(address: str) -> tuple[fsspec.AbstractFileSystem, str]:
    system, path = fsspec.core.url_to_fs(address)
    return system, str(path)


def content(store: RemoteStore, digest: str) -> bytes:
    with store.reading(digest) as reader:
        return b"".join(map(bytes, reader.pieces()))


def test_what_was_put_is_there_for_another_machine(
    store: RemoteStore, address: str, tmp_path: Path
) -> None:
    assert store.put(DATA) == DIGEST
    other = RemoteStore(address, tmp_path / "elsewhere")
    assert (other.size(DIGEST), content(other, DIGEST), other.used()) == (
        len(DATA), DATA, len(DATA)
    )  # fmt: skip


def test_a_blob_counts_as_stored_once_it_lies_at_the_address(
    store: RemoteStore, address: str
) -> None:
    partial = store.receive(DIGEST, len(DATA), "ada", 10_000_000)
    partial.append(DATA)
    assert store.size(DIGEST) is None
    store.place(partial, "ada")
    system, path = far(address)
    assert system.cat_file(f"{path}/blobs/{DIGEST[:2]}/{DIGEST}") == DATA
    assert [info for info in system.find(path) if "incoming" in info] == []
    assert (store.used(), store.used("ada")) == (len(DATA), len(DATA))


def test_receiving_goes_on_after_a_restart(
    store: RemoteStore, address: str, tmp_path: Path
) -> None:
    partial = store.receive(DIGEST, len(DATA))
    partial.append(DATA[:1_000_000])
    store.leave(partial)
    again = RemoteStore(address, tmp_path / "cache")
    partial = again.receive(DIGEST, len(DATA))
    assert partial.have == 1_000_000
    partial.append(DATA[1_000_000:])
    again.place(partial)
    assert content(again, DIGEST) == DATA


def test_wrong_content_never_reaches_the_address(store: RemoteStore, address: str) -> None:
    partial = store.receive(DIGEST, len(DATA))
    partial.append(b"x" * len(DATA))
    with pytest.raises(WrongContent):
        store.place(partial)
    store.leave(partial)
    assert (store.size(DIGEST), list(store.entries())) == (None, [])


def test_what_is_damaged_at_the_address_is_named_and_removed(
    store: RemoteStore, address: str, tmp_path: Path
) -> None:
    store.put(DATA)
    system, path = far(address)
    system.pipe_file(f"{path}/blobs/{DIGEST[:2]}/{DIGEST}", b"x" * len(DATA))
    other = RemoteStore(address, tmp_path / "elsewhere")
    with pytest.raises(DamagedBlob, match=rf"{DIGEST[:12]}.* is damaged"):
        other.open(DIGEST)
    assert (other.size(DIGEST), other.used()) == (None, 0)
    with pytest.raises(UnknownBlob, match="no blob"):
        other.open(DIGEST)


def test_a_damaged_copy_in_the_cache_is_fetched_anew(store: RemoteStore, tmp_path: Path) -> None:
    store.put(DATA)
    (tmp_path / "cache" / "blobs" / DIGEST[:2] / DIGEST).write_bytes(b"x" * len(DATA))
    with pytest.raises(DamagedBlob):
        verify(store, DIGEST)
    assert content(store, DIGEST) == DATA


def test_the_cache_stays_within_its_bytes(address: str, tmp_path: Path) -> None:
    store = RemoteStore(address, tmp_path / "cache", cached=1000)
    digests = [store.put(bytes([number]) * 400) for number in range(5)]
    assert store.cache.used() <= 1000
    assert [content(store, digest)[:1] for digest in digests] == [bytes([n]) for n in range(5)]
    assert store.cache.used() <= 1000


def test_the_quota_counts_what_lies_at_the_address(address: str, tmp_path: Path) -> None:
    RemoteStore(address, tmp_path / "first").put(b"a" * 600)
    store = RemoteStore(address, tmp_path / "second", quota=1000)
    with pytest.raises(NoRoom, match="the blob store may keep 1000 bytes"):
        store.receive(DIGEST, 401)
    with pytest.raises(NoRoom):
        store.put(b"b" * 401)
    assert (len(store.put(b"b" * 400)), store.used()) == (64, 1000)


def test_garbage_goes_from_the_address_and_the_cache(store: RemoteStore) -> None:
    kept, lost = store.put(b"kept"), store.put(b"lost")
    assert collect(store, set, time.time(), age=3600).blobs == 0
    with store.open(lost):
        assert collect(store, lambda: {kept}, time.time() + 7200, age=3600).blobs == 0
    assert collect(store, lambda: {kept}, time.time() + 7200, age=3600) == (1, 4)
    assert (store.size(kept), store.size(lost), store.cache.size(lost)) == (4, None, None)


def test_an_address_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'nowhere://x' cannot be used"):
        RemoteStore("nowhere://x", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_an_address_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir(mode=0o500)
    store = RemoteStore(f"file://{tmp_path}/far", tmp_path / "cache")
    with pytest.raises(StorageFailed, match="Cannot write"):
        store.put(DATA)


def test_a_file_in_the_way_at_the_address_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "blobs").write_text("a file")
    with pytest.raises(StorageFailed, match=r"Cannot .*far"):
        RemoteStore(f"file://{tmp_path}/far", tmp_path / "cache").put(DATA)
