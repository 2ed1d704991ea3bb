"""Runs on a real cluster elsewhere: found, not let in, reached, lost, and found again."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from cluster_agent.keys import ROLES, KeyPair, KnownServer, Servers, Trust, TrustedPeer
from studio.machines.places import Place
from tests.cluster_agent.agent.cluster import Cluster
from tests.cluster_agent.agent.graphs import SHOWN, sampled
from tests.studio.machines.studio import Studio, document


@pytest.fixture
def lab(tmp_path: Path) -> Cluster:
    """A cluster that this computer knows, and that does not know this computer yet."""
    return Cluster(tmp_path / "lab", alone=True)


def know(cluster: Cluster) -> None:
    Servers().add(KnownServer(name="lab", address=cluster.address, key=cluster.public))


def let_in(cluster: Cluster) -> None:
    own = KeyPair.load_or_new()
    peer = TrustedPeer(key=own.public, user="ada", roles=ROLES)
    Trust(cluster.folder / "keys" / "trust.toml").add(peer)


def place(studio: Studio) -> Place:
    return next(place for place in studio.desk.places if place.name == "lab")


def test_a_cluster_is_used_lost_and_found_again(tmp_path: Path, lab: Cluster) -> None:
    KeyPair.load_or_new()
    with lab as cluster, Studio(tmp_path) as studio:
        know(cluster)
        studio.desk.refresh_places()
        studio.until(lambda: len(studio.desk.places) == 2)
        studio.until(lambda: place(studio).state == "refused")
        assert "does not know your key" in place(studio).sentence
        assert "keys pair" in place(studio).sentence

        let_in(cluster)
        studio.until(lambda: any(machine.free for machine in place(studio).machines))
        assert place(studio).sentence == ""
        (key,) = studio.desk.submit(document(sampled(2, 1)), place="lab")
        (file,) = studio.until_files(key)
        run = studio.run(key)
        assert (run.place, run.agent, file.parent) == ("lab", "alone", studio.desk.output)
        assert studio.desk.run_of_job("lab", run.id) == run

        cluster.host.signal(signal.SIGKILL)
        cluster.host.wait()
        studio.until(lambda: place(studio).state == "unreachable")
        assert place(studio).sentence
        assert {machine.state for machine in place(studio).machines} == {"offline"}
        (meanwhile,) = studio.desk.submit(document(SHOWN), place="lab")
        studio.until(lambda: studio.run(meanwhile).nodes)
        assert studio.run(meanwhile).state == "sending"

        here = studio.desk.run_elsewhere(meanwhile, "here")
        assert studio.run(meanwhile).state == "cancelled"
        studio.until_state(here, "done")
        (meanwhile,) = studio.desk.submit(document(SHOWN), place="lab")

        cluster.host = cluster._start([sys.executable, "-c", cluster._program, str(cluster.folder)])
        _, cluster.address, _ = cluster.host.said
        know(cluster)
        studio.until_state(meanwhile, "done")
        assert place(studio).state == "ready"
