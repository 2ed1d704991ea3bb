"""kill -9 of a studio that edits, copies and saves: what it costs, and that nothing is damaged."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from engine.graph.document import Document, NodeSpec, load_document, save_document
from studio.project.autosave import MOST_LOST
from studio.project.recovery import Recovery
from tests.studio.project.edits_until_killed import EDITS_A_SAVE, SECONDS_AN_EDIT

ROOT = Path(__file__).parents[3]
PROGRAM = "tests.studio.project.edits_until_killed"
KILLS = 24
MOST_EDITS_LOST = int(MOST_LOST / SECONDS_AN_EDIT)


def kill_after(path: Path, edits: int) -> int:
    """Run a studio on a file, kill it once it told of so many edits; how many it told of."""
    command = [sys.executable, "-m", PROGRAM, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as studio:
        assert studio.stdout is not None
        for line in studio.stdout:
            if int(line) >= edits:
                studio.kill()
                break
        rest = [line for line in studio.stdout if line.endswith("\n")]
    return int(rest[-1]) if rest else edits


def edits_in(document: Document) -> int:
    nodes = document.view.get("nodes")
    return int(nodes["n0"]["at"][0]) if nodes else 0  # type: ignore[call-overload, index, arg-type]


def test_at_most_ten_seconds_of_edits_are_lost_and_no_file_is_damaged(tmp_path: Path) -> None:
    chance = random.Random(5)
    # Large enough that writing takes a good part of the time: kills fall into it.
    node = NodeSpec(type="toy.say", version=1, params={"text": "hello" * 20})
    empty = Document(name="Toy", nodes={f"n{number}": node for number in range(200)})
    lost, from_copy = [], 0
    for number in range(KILLS):
        path = tmp_path / f"{number}.reel"
        save_document(empty, path)
        # Half of the kills fall around a save, the others anywhere.
        around = EDITS_A_SAVE * chance.randint(1, 3) if number % 2 else chance.randint(1, 120)
        told = kill_after(path, around)
        saved = load_document(path)
        recovery = Recovery()
        assert recovery.problems == ()
        offers = [offer for offer in recovery.offers if offer.path == path]
        best = max([edits_in(saved), *(edits_in(offer.document) for offer in offers)])
        from_copy += bool(offers)
        lost.append(told - best)
        for offer in recovery.offers:
            offer.discard()
        recovery.close()
    assert max(lost) <= MOST_EDITS_LOST, lost
    assert from_copy > KILLS / 4, "the copies were needed"
    leftovers = list((Path(os.environ["REELWRIGHT_STATE"]) / "studio" / "autosave").iterdir())
    assert leftovers == []
