from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from cluster_agent.blobs.frames import CHUNK
from cluster_agent.blobs.server import BlobServer, Limits
from cluster_agent.blobs.store import BlobStore
from cluster_agent.protocol.messages import (
    Blob,
    CheckBlob,
    Chunk,
    Done,
    GetBlob,
    Grant,
    Hello,
    Ping,
    PutBlob,
    Refused,
    StatBlob,
    Welcome,
)
from cluster_agent.protocol.wire import encode
from tests.cluster_agent.blobs.serving import (
    ADA,
    BOB,
    DATA,
    DIGEST,
    EVE,
    PEOPLE,
    SERVER,
    Stranger,
    serving,
)

SIZE = len(DATA)


def put(re: int = 1, digest: str = DIGEST, size: int = SIZE) -> PutBlob:
    return PutBlob(re=re, digest=digest, size=size)


def chunk(offset: int, re: int = 1, *, data: bytes = DATA, size: int = SIZE) -> Chunk:
    return Chunk(re=re, digest=DIGEST, offset=offset, size=size, data=data[offset : offset + CHUNK])


def send_all(peer: Stranger, data: bytes = DATA) -> None:
    for offset in range(0, SIZE, CHUNK):
        peer.say(chunk(offset, data=data))


def whole(peer: Stranger) -> Grant:
    while not (grant := peer.hear(Grant)).whole:
        pass
    return grant


def test_a_peer_is_welcomed_and_told_what_it_may_do(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address, BOB) as bob:
        welcome = bob.hear(Welcome)
        assert (welcome.version, welcome.user, welcome.roles) == (1, "bob", ("agent",))
        bob.say(Ping(re=7))
        bob.hear(Done, 7)


def test_a_peer_of_another_version_is_told_so(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address, greet=False) as ada:
        ada.say(Hello(re=1, versions=(2, 3), software="newer 2.0"))
        refused = ada.hear(Refused, 1)
        assert (refused.code, "speaks version 1 only" in refused.reason) == ("version", True)


def test_nothing_is_answered_before_hello(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address, greet=False) as ada:
        for number, message in enumerate((put(1), StatBlob(re=2, digest=DIGEST), chunk(0, 3)), 1):
            ada.say(message)
            assert ada.hear(Refused, number).code == "stale"


def test_who_may_only_observe_sends_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address, EVE) as eve:
        eve.say(put())
        assert eve.hear(Refused, 1).code == "forbidden"
        eve.say(chunk(0, 2))
        assert eve.hear(Refused, 2).code == "stale"


def test_a_blob_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put())
        assert whole(ada) == Grant(re=1, digest=DIGEST, have=SIZE, until=SIZE, whole=True)


def test_wrong_content_is_refused_and_can_be_sent_again(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put())
        ada.hear(Grant)
        send_all(ada, data=b"x" * SIZE)
        refused = ada.hear(Refused, 1)
        assert (refused.code, "has the digest" in refused.reason) == ("invalid", True)
        ada.say(put(2))
        assert ada.hear(Grant, 2).have == 0
        for offset in range(0, SIZE, CHUNK):
            ada.say(chunk(offset, 2))
        assert whole(ada).re == 2


def test_replayed_chunks_change_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put())
        ada.hear(Grant)
        for offset in range(0, SIZE, CHUNK):
            for _ in range(3):
                ada.say(chunk(offset))
            ada.say(chunk(0, data=b"x" * SIZE))
        whole(ada)
        ada.say(StatBlob(re=9, digest=DIGEST))
        assert ada.hear(Blob, 9).size == SIZE


def test_reordered_chunks_are_asked_for_anew(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put())
        ada.hear(Grant)
        ada.say(chunk(CHUNK))
        assert ada.hear(Refused, 1).code == "stale"
        send_all(ada)
        whole(ada)


@pytest.mark.parametrize(
    "lie",
    [
        chunk(0, size=SIZE - 1),
        Chunk(re=1, digest=DIGEST, offset=SIZE - 5, size=SIZE, data=b"x" * 10),
        Chunk(re=1, digest=DIGEST, offset=2**53, size=SIZE, data=b"x"),
        Chunk(re=1, digest=DIGEST, offset=0, size=SIZE, data=b""),
        Chunk(re=1, digest=DIGEST, offset=0, size=SIZE, data=bytes(CHUNK + 1)),
    ],
)
def test_a_chunk_that_cannot_be_is_refused(tmp_path: Path, lie: Chunk) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put())
        ada.hear(Grant)
        ada.say(lie)
        assert ada.hear(Refused, 1).code == "invalid"
        ada.say(put(2))
        ada.hear(Grant, 2)
        send_all(ada)
        whole(ada)


def test_more_than_was_granted_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(memory=CHUNK)) as address, Stranger(address) as ada:
        ada.say(put())
        while ada.hear(Grant).until == 0:
            pass
        ada.say(chunk(0))
        ada.say(Chunk(re=1, digest=DIGEST, offset=CHUNK, size=SIZE, data=DATA[CHUNK : 2 * CHUNK]))
        ada.say(Chunk(re=1, digest=DIGEST, offset=2 * CHUNK, size=SIZE, data=DATA[:CHUNK]))
        assert ada.hear(Refused, 1).code in ("invalid", "stale")


def test_a_size_that_is_not_the_blobs_is_refused(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put(size=SIZE + 1))
        assert "has 5120000 bytes, not 5120001" in ada.hear(Refused, 1).reason


def test_two_sizes_for_one_blob_at_once_are_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(put(1))
        ada.say(put(2, size=SIZE - 1))
        assert "not 5119999" in ada.hear(Refused, 2).reason


def test_chunks_of_what_nobody_put_are_stale(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as ada, Stranger(address, BOB) as bob:
        ada.say(put())
        ada.hear(Grant)
        bob.say(chunk(0, 5))
        assert bob.hear(Refused, 5).code == "stale"


def test_one_user_sends_a_blob_over_two_lines_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as address, Stranger(address) as one, Stranger(address) as two:
        for peer in (one, two):
            peer.say(put())
            peer.hear(Grant)
        for offset in range(0, SIZE, CHUNK):
            one.say(chunk(offset))
            two.say(chunk(offset))
        assert whole(one) == whole(two)


def test_a_quota_is_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(kept=1_000_000)) as address, Stranger(address) as ada:
        ada.say(put())
        refused = ada.hear(Refused, 1)
        assert refused.code == "quota"
        assert "user 'ada' may keep 976.6 KiB, and 0 bytes are in use" in refused.reason


def test_a_blob_over_the_largest_is_refused_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, Limits(largest=1 << 20)) as address, Stranger(address) as ada:
        ada.say(put())
        assert "1.0 MiB are taken at most" in ada.hear(Refused, 1).reason


def test_too_many_transfers_of_one_user_leave_others_theirs(tmp_path: Path) -> None:
    with (
        serving(tmp_path, Limits(of_one_user=3)) as address,
        Stranger(address) as ada,
        Stranger(address, BOB) as bob,
    ):
        for number in range(4):
            ada.say(put(number, digest=f"{number:064}"))
        assert ada.hear(Refused, 3).code == "busy"
        bob.say(put())
        bob.hear(Grant, 1)


def test_what_is_on_its_way_in_is_bounded_for_all_together(tmp_path: Path) -> None:
    memory = 4 * CHUNK
    with serving(tmp_path, Limits(memory=memory)) as address, Stranger(address) as ada:
        granted: dict[str, int] = {}
        for number in range(8):
            ada.say(put(1, digest=f"{number:064}", size=100 * CHUNK))
        # How many are open when memory is first dealt decides into how many parts it goes: what is
        # left over is less than a chunk, and not worth granting.
        while len(granted) < 8 or sum(granted.values()) <= memory - CHUNK:
            grant = ada.hear(Grant)
            granted[grant.digest] = grant.until
        for number in range(100, 120):  # turns in which nothing more may be granted
            ada.say(Ping(re=number))
            assert ada.hear_next(Grant, Done) == Done(re=number)
        assert memory - CHUNK < sum(granted.values()) <= memory


def test_idle_uploads_make_room_and_can_be_gone_on_with(tmp_path: Path) -> None:
    now = 0.0
    store = BlobStore(tmp_path)
    with (
        BlobServer("tcp://127.0.0.1:0", SERVER, PEOPLE.get, store, clock=lambda: now) as server,
        Stranger(server.address) as ada,
    ):
        ada.say(put())
        ada.hear(Grant)
        ada.say(chunk(0))
        ada.say(Ping(re=2))
        ada.hear(Done, 2)
        assert store.used("ada") == SIZE
        now = 1000.0
        for number in range(3, 10_000):
            ada.say(Ping(re=number))
            ada.hear(Done, number)
            if store.used("ada") == CHUNK:
                break
        ada.say(put(10_000))
        assert ada.hear(Grant, 10_000).have == CHUNK


def test_a_blob_is_given_from_any_byte_on(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    with serving(tmp_path) as address, Stranger(address, EVE) as eve:
        eve.say(GetBlob(re=4, digest=DIGEST, offset=SIZE - 10, until=SIZE + 100))
        chunk = eve.hear(Chunk, 4)
        assert (chunk.offset, chunk.size, chunk.data) == (SIZE - 10, SIZE, DATA[-10:])


def test_no_more_is_given_than_was_asked_for(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(GetBlob(re=1, digest=DIGEST, offset=5, until=10))
        assert ada.hear(Chunk, 1).data == DATA[5:10]
        ada.say(GetBlob(re=2, digest=DIGEST, offset=10, until=12))
        assert ada.hear(Chunk, 2).data == DATA[10:12]
        assert not [message for message in ada.heard if isinstance(message, Chunk)]


def test_an_unknown_blob_and_an_impossible_byte_are_refused(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(b"short")
    short = hashlib.sha256(b"short").hexdigest()
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(GetBlob(re=1, digest=DIGEST, offset=0, until=10))
        assert ada.hear(Refused, 1).code == "unknown"
        ada.say(GetBlob(re=2, digest=short, offset=6, until=10))
        assert ada.hear(Refused, 2).code == "invalid"


def test_a_damaged_blob_is_found_when_somebody_complains(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    with serving(tmp_path) as address, Stranger(address) as ada:
        ada.say(CheckBlob(re=1, digest=DIGEST))
        assert ada.hear(Blob, 1).size == SIZE
        (tmp_path / "blobs" / DIGEST[:2] / DIGEST).write_bytes(b"x" * SIZE)
        ada.say(CheckBlob(re=2, digest=DIGEST))
        assert "is damaged" in ada.hear(Refused, 2).reason
        ada.say(StatBlob(re=3, digest=DIGEST))
        assert ada.hear(Blob, 3).size is None


def test_many_peers_get_and_put_at_once(tmp_path: Path) -> None:
    BlobStore(tmp_path).put(DATA)
    other = bytes(reversed(DATA))
    digest = hashlib.sha256(other).hexdigest()
    with serving(tmp_path) as address:
        peers = [Stranger(address, key) for key in (ADA, BOB, ADA, BOB)]
        for peer in peers:
            peer.say(GetBlob(re=1, digest=DIGEST, offset=0, until=SIZE))
            peer.say(put(2, digest=digest))
        for peer in peers:
            got = b""
            while len(got) < SIZE:
                chunk = peer.hear(Chunk, 1)
                assert chunk.offset == len(got)
                got += chunk.data
            assert got == DATA
            peer.line.close()


def test_noise_is_answered_or_dropped_and_never_ends_the_service(tmp_path: Path) -> None:
    dice = random.Random(4)
    sound = [
        encode(message)
        for message in (put(), chunk(0), StatBlob(digest=DIGEST), Hello(versions=(1,), software=""))
    ]
    with serving(tmp_path) as address, Stranger(address) as ada:
        for _ in range(400):
            frame = bytearray(dice.choice(sound)[:400])
            for _ in range(dice.randrange(1, 6)):
                frame[dice.randrange(len(frame))] = dice.randrange(256)
            ada.say_bytes(bytes(frame[: dice.randrange(1, len(frame) + 1)]))
        ada.say_bytes(b"")
        ada.say_bytes(dice.randbytes(1000))
        # Who sends noise and reads no answer may lose answers; whoever comes next is served.
        with Stranger(address) as another:
            another.say(Ping(re=2**40))
            another.hear(Done, 2**40)


def test_a_client_that_is_no_longer_trusted_gets_nothing(tmp_path: Path) -> None:
    people = dict(PEOPLE)
    store = BlobStore(tmp_path)
    store.put(DATA)
    with (
        BlobServer("tcp://127.0.0.1:0", SERVER, people.get, store) as server,
        Stranger(server.address) as ada,
    ):
        ada.hear(Welcome)
        del people[ADA.public]
        ada.say(GetBlob(re=1, digest=DIGEST, offset=0, until=SIZE))
        assert ada.hear(Refused).code == "forbidden"
