"""Key pairs, trusted peers and known servers: what is kept, and what is refused when damaged."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from cluster_agent.keys import (
    Grant,
    KeyPair,
    KnownServer,
    Servers,
    Trust,
    TrustedPeer,
    cluster_folder,
    fingerprint,
)
from engine.errors import InvalidInput, StorageFailed

ANN, BOB = KeyPair.new(), KeyPair.new()


def peer(own: KeyPair = ANN, user: str = "ann", note: str = "") -> TrustedPeer:
    return TrustedPeer(key=own.public, user=user, roles=("submit", "observe"), note=note)


def test_a_pair_is_one_that_zeromq_would_have_made() -> None:
    assert zmq.curve_public(ANN.secret.encode()) == ANN.public.encode()
    assert ANN != BOB


def test_a_pair_is_kept_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    ANN.save(tmp_path / "deep" / "key.toml")
    assert KeyPair.load(tmp_path / "deep" / "key.toml") == ANN
    assert stat.S_IMODE((tmp_path / "deep" / "key.toml").stat().st_mode) == 0o600


def test_a_secret_is_not_shown() -> None:
    assert ANN.secret not in repr(ANN)
    assert ANN.secret not in str(ANN)


def test_the_computers_own_pair_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    with pytest.raises(InvalidInput, match="reelwright keys new"):
        KeyPair.load()
    made = KeyPair.load_or_new()
    assert KeyPair.load_or_new() == KeyPair.load() == made
    assert cluster_folder() == tmp_path / "cluster"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"public = 1",
        f'public = "{ANN.public}"'.encode(),
        f'public = "{ANN.public}"\nsecret = "short"'.encode(),
        f'public = "{ANN.public}"\nsecret = "{BOB.secret}"'.encode(),
        f'public = "{ANN.public}"\nsecret = "{ANN.secret}"\nmore = 1'.encode(),
        f'public = "{ANN.public}"\nsecret = "{"#" * 40}"'.encode(),
    ],
    ids=["empty", "bytes", "number", "half", "short", "unlike", "more", "signs"],
)
def test_a_damaged_pair_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"key\.toml") as caught:
        KeyPair.load(path)
    assert ANN.secret not in str(caught.value)


def test_a_fingerprint_is_short_and_tells_keys_apart() -> None:
    assert fingerprint("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7") == "6011-9989-8565-0979"
    assert fingerprint(ANN.public) != fingerprint(BOB.public)


def test_nobody_is_trusted_without_a_file(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "trust.toml")
    assert trust.peers() == ()
    assert trust.grant(ANN.public) is None
    assert not trust.allow(ANN.public)


def test_who_is_added_may_do_what_was_said(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "trust.toml")
    trust.add(peer())
    assert trust.grant(ANN.public) == Grant("ann", frozenset({"submit", "observe"}))
    assert trust.allow(ANN.public)
    assert not trust.allow(BOB.public)
    assert stat.S_IMODE(trust.path.stat().st_mode) == 0o600


def test_adding_a_key_again_changes_what_it_may_do(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "trust.toml")
    trust.add(peer())
    trust.add(peer().model_copy(update={"roles": ("admin",)}))
    assert trust.grant(ANN.public) == Grant("ann", frozenset({"admin"}))
    assert len(trust.peers()) == 1


def test_who_is_removed_is_not_trusted(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "trust.toml")
    trust.add(peer())
    trust.add(peer(BOB, "bob"))
    assert trust.remove(ANN.public)
    assert not trust.remove(ANN.public)
    assert [known.user for known in trust.peers()] == ["bob"]
    assert not trust.allow(ANN.public)


def test_a_change_by_somebody_else_counts_at_once(tmp_path: Path) -> None:
    running, edited = Trust(tmp_path / "trust.toml"), Trust(tmp_path / "trust.toml")
    edited.add(peer())
    assert running.allow(ANN.public)
    running.add(peer(BOB, "bob"))
    edited.remove(ANN.public)
    assert not running.allow(ANN.public)
    assert running.allow(BOB.public)
    running.path.unlink()
    assert not running.allow(BOB.public)


def test_a_slip_in_the_file_is_reported_and_locks_nobody_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trust = Trust(tmp_path / "trust.toml")
    trust.add(peer())
    right = trust.path.read_bytes()
    trust.path.write_bytes(right + b"[[peer]\n")
    with caplog.at_level(logging.ERROR):
        assert trust.allow(ANN.public)
        assert trust.allow(ANN.public)
    assert caplog.text.count("is not TOML") == 1
    with pytest.raises(InvalidInput, match="is not TOML"):
        trust.add(peer(BOB, "bob"))
    assert trust.path.read_bytes() == right + b"[[peer]\n"
    with pytest.raises(InvalidInput, match="is not TOML"):
        Trust(trust.path)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[[peer]]\nkey = 'x'\nuser = 'ann'\nroles = ['submit']", "number 1 .* key"),
        (f"[[peer]]\nkey = '{ANN.public}'\nuser = 'a/b'\nroles = ['submit']", "user"),
        (f"[[peer]]\nkey = '{ANN.public}'\nuser = 'ann'\nroles = ['root']", "roles"),
        (f"[[peer]]\nkey = '{ANN.public}'\nuser = 'ann'\nroles = []", "roles"),
        (f"[[peer]]\nkey = '{ANN.public}'\nuser = 'ann'\nroles = ['admin']\n" * 2, "twice"),
        ("peers = 1", r"nothing but \[\[peer\]\]"),
        ("peer = 1", r"nothing but \[\[peer\]\]"),
    ],
    ids=["key", "user", "role", "no role", "twice", "peers", "no table"],
)
def test_a_wrong_entry_is_named(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "trust.toml").write_text(content)
    with pytest.raises(InvalidInput, match=named):
        Trust(tmp_path / "trust.toml")


def test_a_file_that_cannot_be_read_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "trust.toml").mkdir()
    with pytest.raises(StorageFailed, match="cannot be read"):
        Trust(tmp_path / "trust.toml")


@given(note=st.text(max_size=50))
def test_every_note_is_kept_as_it_was(tmp_path_factory: pytest.TempPathFactory, note: str) -> None:
    trust = Trust(tmp_path_factory.mktemp("trust") / "trust.toml")
    trust.add(peer(note=note))
    assert Trust(trust.path).peers() == (peer(note=note),)


def test_a_server_is_found_by_its_name(tmp_path: Path) -> None:
    servers = Servers(tmp_path / "servers.toml")
    gpu1 = KnownServer(name="gpu1", address="tcp://10.0.0.1:7711", key=ANN.public)
    servers.add(gpu1)
    servers.add(KnownServer(name="gpu2", address="tcp://10.0.0.2:7711", key=BOB.public))
    assert Servers(servers.path).find("gpu1") == gpu1
    moved = gpu1.model_copy(update={"address": "tcp://10.0.0.3:7711"})
    servers.add(moved)
    assert servers.find("gpu1") == moved
    assert servers.remove("gpu2")
    assert servers.all() == (moved,)


def test_an_unknown_server_is_answered_with_those_that_are_known(tmp_path: Path) -> None:
    servers = Servers(tmp_path / "servers.toml")
    with pytest.raises(InvalidInput, match="none yet"):
        servers.find("gpu1")
    servers.add(KnownServer(name="gpu1", address="tcp://10.0.0.1:7711", key=ANN.public))
    with pytest.raises(InvalidInput, match="Known are: gpu1"):
        servers.find("gpu2")
    assert not servers.remove("gpu2")
