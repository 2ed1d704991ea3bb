"""What the packaged program starts with: the command line, or a module that it was asked for.

Python programs start helpers as `python -m MODULE`; in a package there is no `python`, and
`sys.executable` is this program.  So it answers to `-m` as Python would.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys

OF_PYTHON = ("-P", "-u", "-I", "-E", "-s")
"""Switches of Python's own, which mean nothing here."""


def main() -> None:
    """Run the module after `-m`, else the command line."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    while arguments and arguments[0] in OF_PYTHON:
        del arguments[0]
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    from studio.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
