"""Parts in processes of their own: kept as they are ready, stopped together, and heard."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from engine.errors import ReelwrightError
from engine.models.starter.training.side_by_side import make_side_by_side

# Writes its name to its file; 'second' waits until 'first' has, and 'stuck' for ever.
PROGRAM = """
import sys, time
from pathlib import Path
name, path = sys.argv[1], Path(sys.argv[2])
print(name, "begins", file=sys.stderr, flush=True)
while name == "second" and not path.with_name("first.json").exists() or name == "stuck":
    time.sleep(0.01)
path.write_text(name)
sys.exit({"broken": 2, "passed": 1}.get(name, 0))
"""


def command(name: str, out: Path) -> list[str]:
    return [sys.executable, "-c", PROGRAM, name, str(out)]


def test_processes_run_at_once_and_what_is_ready_is_kept() -> None:
    kept: list[str] = []
    said = io.StringIO()
    names = ("second", "first", "passed")
    make_side_by_side(names, command, 2, lambda path: kept.append(path.read_text()), said)
    assert sorted(kept) == sorted(names), "'second' alone would have waited for ever"
    assert sorted(said.getvalue().split("\n")[:3]) == sorted(f"{name} begins" for name in names)


def test_one_that_fails_stops_the_others_and_loses_nothing() -> None:
    kept: list[str] = []
    names = ("first", "stuck", "broken", "never")
    said = io.StringIO()
    with pytest.raises(ReelwrightError, match=r"'broken' .* was not made \(status 2\)"):
        make_side_by_side(names, command, 2, lambda path: kept.append(path.read_text()), said)
    assert kept == ["first"]
    assert "never" not in said.getvalue()


def test_who_is_interrupted_leaves_no_process() -> None:
    def keep(path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_side_by_side(("first", "stuck"), command, 2, keep, io.StringIO())
