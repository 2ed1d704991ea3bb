"""The child: this computer as a cluster of one, on a private endpoint, in a process of its own.

`python -m studio.machines.child --folder FOLDER` is how the studio starts it.  It outlives the
window: whoever holds the lock of the folder is the child, and `child.json` says where it listens.

    <folder>/lock          held by the child as long as it lives
    <folder>/child.json    its process, address and public key; written when it can be called
    <folder>/window        held by every studio that has a window open
    <folder>/keys/         key.toml and trust.toml, of this computer and this purpose alone
    <folder>/queue/        the durable queue, and its blobs
    <folder>/work/         the rooms of its workers: results, checkpoints
    <folder>/child.log     what it has to say; `child.log.old` is that of the one before
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from engine.errors import ReelwrightError
from studio.machines.alone import Alone
from studio.machines.damage import put_aside_if_damaged

NAME: Final = "here"
PRIVATE: Final = "tcp://127.0.0.1:*"
_log = logging.getLogger(__name__)
_DAY: Final = 24 * 3600.0
LONGEST: Final = 90 * _DAY
"""Seconds that one attempt may take: nobody else waits for this computer."""
PATIENCE: Final = 4 * 3600.0
"""Seconds without a word after which a worker counts as hung: one step may be slow on a CPU."""
AGAIN: Final = 0.5
TOLD_EVERY: Final = 0.05
"""Seconds between two reports of work: the window is near."""


@dataclass(frozen=True, slots=True)
class Called:
    """Where a child can be called, and which process it is."""

    process: int
    address: str
    key: str

    def save(self, folder: Path) -> None:
        """Tell those who look into the folder.  Raises StorageFailed."""
        from engine.atomic import write_private

        write_private(folder / "child.json", json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> Called | None:
        """What the folder says; None if there is nothing, or nothing that makes sense."""
        try:
            plain = json.loads((folder / "child.json").read_bytes())
            return cls(int(plain["process"]), str(plain["address"]), str(plain["key"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def serve(folder: Path, preload: str, slots: int | None = None) -> None:
    """Be the child until SIGTERM.  Raises InvalidInput where another one is."""
    from cluster_agent.agent.policy import AgentPolicy
    from cluster_agent.agent.service import AgentSettings, serve_alone
    from cluster_agent.broker.policy import BrokerPolicy, Watched
    from cluster_agent.broker.settings import BrokerSettings
    from cluster_agent.folder_lock import locked
    from cluster_agent.hosting import Hosting
    from cluster_agent.keys import KeyPair, KnownServer

    keys = folder / "keys"
    policy = BrokerPolicy(
        timeouts={},
        timeout=LONGEST,
        backoff=AGAIN,
        longest_backoff=10.0,
        hopeless=frozenset({"failed", "storage"}),
        watched=Watched(every=TOLD_EVERY),
    )
    broker = BrokerSettings(folder / "queue", listen=PRIVATE, keys=keys, name=NAME, policy=policy)
    hosting = Hosting(broker, folder / "queue" / "blobs", PRIVATE)
    with locked(folder, "studio's agent"):
        aside = put_aside_if_damaged(folder / "queue" / "queue.db")
        if aside is not None:
            _log.warning("The queue was damaged; it is kept as '%s', and a new one begins.", aside)
        own = KeyPair.load_or_new(keys / "key.toml")
        itself = KnownServer(name=NAME, address=PRIVATE, key=own.public)
        patient = AgentPolicy(report=TOLD_EVERY, hang=PATIENCE)
        agent = AgentSettings(NAME, folder / "work", itself, own, slots, patient, preload)

        def ready(address: str, key: str) -> None:
            Called(os.getpid(), address, key).save(folder)
            Alone(folder, address, own).start()

        serve_alone(agent, hosting, ready)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; the exit code."""
    parser = argparse.ArgumentParser("python -m studio.machines.child")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--preload", default="", help="a model that is loaded beforehand")
    parser.add_argument("--slots", type=int, help="GPUs to use, or jobs that share the CPU")
    parser.add_argument("--nice", type=int, default=0, help="how much to give way to others")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO
    )
    if given.nice:
        os.nice(given.nice)
    try:
        serve(given.folder, given.preload, given.slots)
    except ReelwrightError as error:
        _log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
