"""What is written down of runs, and read back by another session."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from engine.errors import StorageFailed
from studio.machines.ledger import Ledger
from studio.runs import NodeRun, Run

RUN = Run(
    "k1", "j1", "shed", "doc", "Film", "done", created=5.0, started=6.0, ended=9.0, done=4, total=4,
    files=(Path("/out/film.mp4"),), thumbnail=Path("/out/film.mp4.jpg"), peak=7, batch="b",
    variation="seed=3", agent="shed", attempt=2,
    nodes=MappingProxyType(
        {"save": NodeRun("done", seconds=2.0, files=(Path("/out/film.mp4"),), notes=("Resumed.",))}
    ),
)  # fmt: skip


def reopened(path: Path) -> Ledger:
    return Ledger(path)


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    ledger.add(replace(RUN, state="sending"), "{graph}", ("save",), front=True)
    ledger.save([RUN])
    ledger.close()
    (entry,) = reopened(ledger.path).all()
    assert entry.run == RUN
    assert (entry.outputs, entry.front) == (("save",), True)
    assert reopened(ledger.path).graph("k1") == "{graph}"


def test_a_run_that_was_put_to_the_front_later_is_known_as_such(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    ledger.add(RUN, "{graph}", None, front=False)
    ledger.put_to_front("k1")
    ledger.save([replace(RUN, done=1)])
    ledger.put_to_front("a stranger")
    (entry,) = ledger.all()
    assert entry.front
    assert entry.run.done == 1


def test_a_damaged_file_is_kept_aside_and_a_new_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(b"no database at all " * 400)
    ledger = Ledger(path)
    with pytest.raises(StorageFailed, match=r"is damaged\. A new one begins.*runs\.damaged\.db"):
        ledger.all()
    ledger.add(RUN, "{graph}", None, front=False)
    assert [entry.run for entry in ledger.all()] == [RUN]
    assert (tmp_path / "runs.damaged.db").read_bytes().startswith(b"no database")


def test_pictures_and_clocks_of_a_session_are_not_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    node = NodeRun("running", 1, 4, "steps", started=123.0, eta=4.0, preview=b"x" * 10**6)
    ledger.add(replace(RUN, nodes=MappingProxyType({"sample": node})), "", None, front=False)
    (entry,) = ledger.all()
    assert entry.run.nodes["sample"] == NodeRun("running", 1, 4, "steps")
    assert ledger.path.stat().st_size < 10**5


def test_equal_graphs_are_kept_once_and_as_long_as_somebody_has_them(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    for key in ("a", "b"):
        ledger.add(replace(RUN, key=key), "same", None, front=False)
    ledger.remove(["a"])
    assert (ledger.graph("a"), ledger.graph("b")) == (None, "same")
    ledger.remove(["b"])
    ledger.close()
    with sqlite3.connect(ledger.path) as database:
        assert database.execute("select count(*) from graphs").fetchone() == (0,)
    database.close()


def test_runs_of_others_are_not_written_down(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    ledger.save([RUN])
    assert ledger.all() == ()


def test_newest_first_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs.db")
    for created in (1.0, 3.0, 2.0):
        ledger.add(replace(RUN, key=f"k{created:.0f}", created=created), "", None, front=False)
    ledger.close()
    with sqlite3.connect(ledger.path) as database:
        database.execute("update runs set about = '{\"state\": \"dancing\"}' where key = 'k2'")
    database.close()
    assert [entry.run.key for entry in reopened(ledger.path).all()] == ["k3", "k1"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="history of runs"):
        Ledger(tmp_path / "file" / "runs.db").all()
    (tmp_path / "damaged.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageFailed, match=r"damaged\.db"):
        Ledger(tmp_path / "damaged.db").all()
