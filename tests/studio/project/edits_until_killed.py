"""A studio without a window: edits, keeps copies and saves until somebody kills it.

Prints one line for each edit that was made, with its time on a clock that the edits turn: half a
second each.  Run by test_killed_while_editing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from engine.graph.edits.view import Move
from engine.graph.registry import Registry
from studio.document import OpenDocument
from studio.project.autosave import Autosave
from studio.project.backups import Backups

SECONDS_AN_EDIT = 0.5
EDITS_A_SAVE = 37


def at_once(work, done, failed=None) -> None:
    work()
    done(None)


def main(path: Path) -> None:
    opened = OpenDocument.load(path, Registry([]))
    autosave = Autosave(Backups(), at_once, wall=time.time)
    autosave.watch(opened)
    edit = 0
    while True:
        edit += 1
        opened.do(Move({"n0": (edit, 0)}))
        print(edit, flush=True)
        autosave.tick(edit * SECONDS_AN_EDIT)
        if edit % EDITS_A_SAVE == 0:
            opened.save()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
