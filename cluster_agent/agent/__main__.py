"""`python -m cluster_agent.agent`: an agent in the foreground.

Says one line once its workers are up, `ready <name>`, and ends with the exit codes of the command
line.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from cluster_agent.agent.service import AgentSettings, serve
from cluster_agent.agent.takedowns import TakedownSource
from cluster_agent.keys import KeyPair, Servers, cluster_folder
from engine.errors import ReelwrightError
from engine.folders import state_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    try:
        settings = AgentSettings(
            name=given.name,
            folder=given.folder,
            broker=Servers(given.keys / "servers.toml").find(given.broker),
            own=KeyPair.load_or_new(given.keys / "key.toml"),
            slots=given.slots,
            takedowns=given.takedowns and TakedownSource(given.takedowns, given.takedown_signer),
        )
        serve(settings, _ready)
    except ReelwrightError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _ready(name: str) -> None:
    sys.stdout.write(f"ready {name}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m cluster_agent.agent", description="An agent.")
    parser.add_argument("--broker", required=True, help="name of a server in servers.toml")
    parser.add_argument("--name", required=True, help="what the agent is called; unique")
    parser.add_argument("--slots", type=int, help="GPUs to use, or jobs that share the CPU")
    parser.add_argument(
        "--folder", type=Path, default=state_folder() / "agent", help="where the work lies"
    )
    parser.add_argument(
        "--keys", type=Path, default=cluster_folder(), help="folder of key.toml and servers.toml"
    )
    parser.add_argument("--takedowns", type=Path, help="an exported takedown register to follow")
    parser.add_argument("--takedown-signer", type=Path, help="certificate of who signs it, PEM")
    return parser


if __name__ == "__main__":
    sys.exit(main())
