"""Runs every benchmark of this folder, or those named: `python -m tests.benchmarks media`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(names: list[str]) -> None:
    """Run the benchmarks in name order; each prints its own table."""
    folder = Path(__file__).parent
    found = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    for name in names or found:
        print(f"\n== {name}", flush=True)
        import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
