"""A child ends by itself when no window is open and nothing is left to do, and not before."""

from __future__ import annotations

import threading
from pathlib import Path

from cluster_agent.keys import KeyPair
from studio.machines.alone import Alone, Presence, is_open
from tests.cluster_agent.agent.cluster import Cluster
from tests.cluster_agent.agent.graphs import SHOWN


def test_a_window_is_open_as_long_as_somebody_holds_it(tmp_path: Path) -> None:
    assert not is_open(tmp_path)
    one, other = Presence(tmp_path), Presence(tmp_path)
    assert is_open(tmp_path)
    one.close()
    assert is_open(tmp_path)
    other.close()
    other.close()
    assert not is_open(tmp_path)


def test_it_works_on_until_the_queue_is_empty_and_then_ends(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster") as cluster:
        job = cluster.submit(SHOWN)  # nobody works here: it waits
        own = KeyPair.load(tmp_path / "cluster" / "client" / "keys" / "key.toml")
        ended, looked = threading.Event(), threading.Semaphore(0)

        class Counted(Alone):
            def _needed(self) -> bool:
                needed = super()._needed()
                looked.release()
                return needed

        presence = Presence(tmp_path)
        alone = Counted(
            tmp_path, cluster.address, own, server=cluster.public, every=0.01, end=ended.set
        )
        alone.start()
        looks(looked, 3)
        assert not ended.is_set()
        presence.close()
        looks(looked, 3)
        assert not ended.is_set()
        cluster.cancel(job)
        assert ended.wait(30.0)
        alone.join()


def test_a_folder_that_was_removed_needs_nobody(tmp_path: Path) -> None:
    ended = threading.Event()
    nobody = "tcp://127.0.0.1:1"  # it would be asked for work, in vain and for ever
    alone = Alone(tmp_path / "gone", nobody, KeyPair.new(), every=0.01, end=ended.set)
    alone.start()
    assert ended.wait(30.0)
    alone.join()


def looks(looked: threading.Semaphore, count: int) -> None:
    for _ in range(count):
        assert looked.acquire(timeout=30.0)
