from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster_agent.blobs.client import BlobClient
from cluster_agent.blobs.errors import NoRoom, UnknownBlob
from cluster_agent.blobs.protocol import digest_of
from cluster_agent.blobs.server import Limits
from cluster_agent.blobs.store import BlobStore
from cluster_agent.blobs.transfer import WINDOW
from cluster_agent.keys import KeyPair
from engine.errors import Cancelled, InvalidInput, StorageFailed
from tests.cluster_agent.blobs.serving import (
    ADA,
    BOB,
    DATA,
    DIGEST,
    EVE,
    SERVER,
    Killable,
    calling,
    serving,
)

BIG = random.Random(1).randbytes(24_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "video").write_bytes(BIG)
    return tmp_path / "video"


def test_what_was_uploaded_comes_down_again(tmp_path: Path, file: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        digest = ada.upload(file)
        assert (digest, ada.size(digest)) == (digest_of(file), len(BIG))
        ada.download(digest, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == BIG
        assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("data", [b"", b"x", DATA])
def test_bytes_of_any_length_travel(tmp_path: Path, data: bytes) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        ada.download(ada.upload(data), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data


def test_what_one_user_uploaded_another_may_get_by_its_digest(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        digest = ada.upload(DATA)
        with calling(address, EVE) as eve:
            eve.download(digest, tmp_path / "copy")
            with pytest.raises(InvalidInput, match="may not send blobs"):
                eve.upload(b"anything")
    assert (tmp_path / "copy").read_bytes() == DATA


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    up: list[tuple[int, int]] = []
    down: list[tuple[int, int]] = []
    with serving(tmp_path / "store") as address, calling(address) as ada:
        ada.upload(BIG, progress=lambda there, size: up.append((there, size)))
        ada.download(digest_of(BIG), tmp_path / "copy", progress=lambda *told: down.append(told))
    for told in (up, down):
        assert told == sorted(set(told))
        assert told[-1] == (len(BIG), len(BIG))


def test_an_unknown_blob_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        assert ada.size(DIGEST) is None
        with pytest.raises(UnknownBlob, match=f"no blob {DIGEST[:12]}"):
            ada.download(DIGEST, tmp_path / "copy")
    assert not list(tmp_path.glob("*copy*"))


def test_a_quota_is_a_sentence(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "store", Limits(kept=1_000)) as address,
        calling(address) as ada,
        pytest.raises(NoRoom, match=r"user 'ada' may keep 1000 bytes"),
    ):
        ada.upload(DATA)


def test_a_file_that_changes_while_it_is_sent_is_refused(tmp_path: Path, file: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        with pytest.raises(InvalidInput, match="has the digest"):
            ada.upload(file, digest=DIGEST)
        assert ada.size(DIGEST) is None
        ada.upload(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        with pytest.raises(StorageFailed, match=r"Cannot read '.*missing'"):
            ada.upload(tmp_path / "missing")
        ada.upload(DATA)
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(StorageFailed, match="Cannot write"):
            ada.download(DIGEST, tmp_path / "file" / "copy")


def test_cancelled_transfers_go_on_where_they_ended(tmp_path: Path, file: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:

        def after(nbytes: int) -> tuple[Callable[[int, int], None], Callable[[], bool]]:
            seen = [0]
            return lambda there, _: seen.append(there), lambda: seen[-1] >= nbytes

        progress, cancelled = after(4_000_000)
        with pytest.raises(Cancelled):
            ada.upload(file, progress=progress, cancelled=cancelled)
        first: list[int] = []
        digest = ada.upload(file, progress=lambda there, _: first.append(there))
        assert first[0] >= 4_000_000

        progress, cancelled = after(4_000_000)
        with pytest.raises(Cancelled):
            ada.download(digest, tmp_path / "copy", progress=progress, cancelled=cancelled)
        assert not (tmp_path / "copy").exists()
        first.clear()
        ada.download(digest, tmp_path / "copy", progress=lambda there, _: first.append(there))
        assert first[0] > 4_000_000
    assert (tmp_path / "copy").read_bytes() == BIG


def test_what_lay_here_wrong_is_fetched_anew(tmp_path: Path) -> None:
    (tmp_path / f".copy.{DIGEST[:16]}.part").write_bytes(b"x" * 1_000_000)
    with serving(tmp_path / "store") as address, calling(address) as ada:
        ada.upload(DATA)
        ada.download(DIGEST, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == DATA


def test_a_blob_damaged_over_there_is_found_out_and_removed(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        ada.upload(DATA)
        (tmp_path / "store" / "blobs" / DIGEST[:2] / DIGEST).write_bytes(b"x" * len(DATA))
        with pytest.raises(UnknownBlob, match="is damaged"):
            ada.download(DIGEST, tmp_path / "copy")
        assert (ada.size(DIGEST), (tmp_path / "copy").exists()) == (None, False)
        ada.upload(DATA)
        ada.download(DIGEST, tmp_path / "copy")


def test_a_truncated_blob_over_there_is_replaced_by_uploading_it(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address, calling(address) as ada:
        ada.upload(DATA)
        (tmp_path / "store" / "blobs" / DIGEST[:2] / DIGEST).write_bytes(DATA[:100])
        ada.upload(DATA)
        ada.download(DIGEST, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == DATA


def test_two_users_upload_one_blob_at_once(tmp_path: Path) -> None:
    digests: list[str] = []
    with serving(tmp_path / "store") as address:

        def upload(key: KeyPair) -> None:
            with calling(address, key) as client:
                digests.append(client.upload(BIG))

        threads = [threading.Thread(target=upload, args=(key,)) for key in (ADA, BOB, ADA)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store = BlobStore(tmp_path / "store")
    assert digests == [digest_of(BIG)] * 3
    assert (store.used(), store.used("ada"), store.used("bob")) == (len(BIG),) * 3
    assert not list((tmp_path / "store" / "incoming").iterdir())


def test_a_service_killed_five_times_costs_only_what_was_on_the_way(
    tmp_path: Path, file: Path
) -> None:
    kills = 5
    # A window may be granted, and told, at once: there must be more of them than times to kill.
    whole = BIG * 3
    assert len(whole) > (kills + 3) * WINDOW
    file.write_bytes(whole)
    with Killable(tmp_path / "store") as service:
        address = service.start()

        def interrupting(there: int, size: int) -> None:
            nonlocal kills
            # Early: what is granted at once may be told at once, and the rest of it has come then.
            if there > size * (5 - kills) / 15 and kills:
                kills -= 1
                service.kill()
                service.start()

        with calling(address) as ada:
            digest = ada.upload(file, progress=interrupting)
            assert (kills, digest) == (0, digest_of(whole))
            kills = 5
            ada.download(digest, tmp_path / "copy", progress=interrupting)
            assert kills == 0
    assert digest_of(tmp_path / "copy") == digest


def test_a_new_client_and_a_new_service_go_on_after_both_died(tmp_path: Path, file: Path) -> None:
    class Died(Exception):
        pass

    def dying(there: int, size: int) -> None:
        if there >= size // 2:
            raise Died

    with Killable(tmp_path / "store") as service:
        with calling(service.start()) as ada, pytest.raises(Died):
            ada.upload(file, progress=dying)
        service.kill()
        first: list[int] = []
        with calling(service.start()) as ada:
            digest = ada.upload(file, progress=lambda there, _: first.append(there))
        assert first[0] >= len(BIG) // 2 - WINDOW
        with calling(service.address) as ada, pytest.raises(Died):
            ada.download(digest, tmp_path / "copy", progress=dying)
        service.kill()
        first.clear()
        with calling(service.start()) as ada:
            ada.download(digest, tmp_path / "copy", progress=lambda there, _: first.append(there))
        assert first[0] > len(BIG) // 2
    assert (tmp_path / "copy").read_bytes() == BIG


def test_a_service_that_is_not_there_is_given_up_on_in_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path / "store") as address:
        pass
    with (
        BlobClient(address, ADA, SERVER.public, give_up=0.5) as ada,
        pytest.raises(StorageFailed, match=r"was silent for .* so far is kept"),
    ):
        ada.upload(DATA)


def test_a_key_that_is_not_trusted_is_told_so(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "store") as address,
        calling(address, KeyPair.new()) as stranger,
        pytest.raises(InvalidInput, match="does not know this computer's key"),
    ):
        stranger.upload(DATA)
