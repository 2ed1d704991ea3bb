from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from cluster_agent.blobs.garbage import collect
from cluster_agent.blobs.store import BlobStore

HOUR = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def aged(store: BlobStore, data: bytes, seconds: float) -> str:
    digest = store.put(data)
    age(store.root / "blobs" / digest[:2] / digest, seconds)
    return digest


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def sweep(store: BlobStore, *referred: str) -> int:
    return collect(store, lambda: referred, time.time(), age=HOUR, patience=HOUR).blobs


def test_what_nobody_refers_to_goes(store: BlobStore) -> None:
    kept, lost = aged(store, b"kept", 2 * HOUR), aged(store, b"lost", 2 * HOUR)
    collected = collect(store, lambda: {kept}, time.time(), age=HOUR)
    assert (collected.blobs, collected.nbytes) == (1, 4)
    assert (store.size(kept), store.size(lost), store.used()) == (4, None, 4)


def test_what_was_used_lately_stays(store: BlobStore) -> None:
    put, asked, read = (aged(store, name, 2 * HOUR) for name in (b"put", b"asked", b"read"))
    young = aged(store, b"young", HOUR / 2)
    store.put(b"put")
    store.size(asked)
    store.open(read).close()
    assert sweep(store) == 0
    assert {entry.digest for entry in store.entries()} == {put, asked, read, young}


def test_what_is_being_read_stays(store: BlobStore) -> None:
    digest = store.put(b"data")
    with store.open(digest):
        age(store.root / "blobs" / digest[:2] / digest, 2 * HOUR)
        assert sweep(store) == 0
    assert sweep(store) == 1


def test_what_another_process_reads_stays(store: BlobStore) -> None:
    digest = store.put(b"data")
    with BlobStore(store.root).open(digest):
        age(store.root / "blobs" / digest[:2] / digest, 2 * HOUR)
        assert sweep(store) == 0


def test_what_came_to_be_used_while_collecting_stays(store: BlobStore) -> None:
    digest = aged(store, b"data", 2 * HOUR)

    def referred() -> set[str]:
        assert store.size(digest) == 4  # somebody asks for it between listing and removing
        return set()

    assert collect(store, referred, time.time(), age=HOUR).blobs == 0
    assert store.size(digest) == 4


def test_what_was_given_up_goes_and_what_is_coming_stays(store: BlobStore) -> None:
    given_up, coming = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
    partials = [store.receive(digest, 100, "ada") for digest in (given_up, coming)]
    for partial in partials:
        partial.append(b"half")
        age(partial.path, 2 * HOUR)
    store.leave(partials[0], "ada")
    assert collect(store, set, time.time(), age=HOUR, patience=HOUR).nbytes == 4
    assert [partial.path.exists() for partial in partials] == [False, True]
    assert store.used("ada") == 100


def test_references_are_asked_for_only_if_something_is_old(store: BlobStore) -> None:
    store.put(b"young")

    def referred() -> set[str]:
        raise AssertionError("asked in vain")

    assert collect(store, referred, time.time(), age=HOUR).blobs == 0


def test_the_empty_blob_goes_too(store: BlobStore) -> None:
    aged(store, b"", 2 * HOUR)
    sweep(store)
    assert list(store.entries()) == []
