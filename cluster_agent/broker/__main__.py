"""`python -m cluster_agent.broker`: a broker in the foreground.

Says one line once it can be reached, `ready <address> <public key>`, and ends with the exit codes
of the command line.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from cluster_agent.broker.service import serve
from cluster_agent.broker.settings import BrokerSettings
from engine.errors import ReelwrightError
from engine.folders import state_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; the exit code."""
    settings = _settings(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    try:
        serve(settings, _ready)
    except ReelwrightError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        pass
    return 0


def _ready(address: str, public: str) -> None:
    sys.stdout.write(f"ready {address} {public}\n")
    sys.stdout.flush()


def _settings(arguments: Sequence[str] | None) -> BrokerSettings:
    plain = BrokerSettings(state_folder() / "broker")
    parser = argparse.ArgumentParser("python -m cluster_agent.broker", description="A broker.")
    parser.add_argument("--listen", default=plain.listen, help="such as %(default)s")
    parser.add_argument("--folder", type=Path, default=plain.folder, help="where the queue is kept")
    parser.add_argument("--keys", type=Path, help="folder of key.toml and trust.toml")
    parser.add_argument("--name", default=plain.name, help="what the broker calls itself")
    parser.add_argument("--database", default="", help="a PostgreSQL address, instead of a file")
    parser.add_argument("--blobs", default="", help="address of the blob service")
    return BrokerSettings(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
