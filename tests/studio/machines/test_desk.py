"""Runs on this computer, end to end: a real child, a real queue, real files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from cluster_agent.keys import KeyPair, KnownServer, Servers
from engine.errors import InvalidInput
from studio.machines.launch import find_child
from studio.machines.places import Need
from studio.runs import HERE
from tests.cluster_agent.agent.graphs import SHOWN, graph, loading, node, sampled
from tests.studio.machines.studio import Studio, document

_SEEDS = count(100)


def long() -> bytes:
    """Does not end before a test is over; it is cancelled."""
    graph = sampled(200, 200, seed=next(_SEEDS), frames=33)
    return graph.replace(b'"width": 32, "height": 32', b'"width": 64, "height": 64')


def painted(seed: int = 1) -> bytes:
    return sampled(2, 1, seed=seed)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One child for all tests that leave it alive."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("studio")
    patch.setenv("REELWRIGHT_CONFIG", str(folder / "config"))
    with Studio(folder) as studio:
        yield studio.ready()
    patch.undo()


@pytest.fixture
def busy(studio: Studio) -> Iterator[str]:
    """The key of a run that keeps the computer busy."""
    (key,) = studio.desk.submit(document(long()))
    studio.until_state(key, "running")
    yield key
    studio.desk.cancel(key)
    studio.until_state(key, "cancelled")


def waiting(studio: Studio, many: int, front: bool = False) -> list[str]:
    keys = []
    for _ in range(many):
        (key,) = studio.desk.submit(document(SHOWN), front=front)
        studio.until(lambda key=key: studio.run(key).line is not None)
        keys.append(key)
    return keys


def in_line(studio: Studio, keys: list[str]) -> list[str]:
    return sorted(keys, key=lambda key: studio.run(key).line or 0)


def test_a_run_is_in_the_book_at_once_and_ends_with_its_file_here(studio: Studio) -> None:
    opened = document(painted(), "Sunset")
    (key,) = studio.desk.submit(opened)
    run = studio.run(key)
    assert (run.state, run.label, run.document) == ("sending", "Sunset", opened.id)
    (file,) = studio.until_files(key)
    assert file.parent == studio.desk.output
    assert file.suffix == ".png"
    run = studio.run(key)
    assert run.nodes["save"].files == (file,)
    studio.until(lambda: studio.run(key).nodes["sample"].state == "done")
    assert (run.done, run.total) == (2, 2)
    assert run.started is not None
    assert run.ended is not None


def test_what_was_made_before_comes_from_the_cache(studio: Studio) -> None:
    keys = [studio.desk.submit(document(painted(seed=77)))[0] for _ in range(2)]
    for key in keys:
        studio.until_files(key)
    # What a worker tells may come after the broker's word that the run has ended.
    studio.until(lambda: studio.run(keys[1]).nodes["sample"].state == "cached")


def test_variations_are_runs_of_one_batch(studio: Studio) -> None:
    opened = document(painted())
    several = [(f"seed={seed}", document(painted(seed)).document) for seed in (3, 4)]
    keys = studio.desk.submit(opened, documents=several)
    runs = [studio.run(key) for key in keys]
    assert [run.variation for run in runs] == ["seed=3", "seed=4"]
    assert runs[0].batch == runs[1].batch != ""
    for key in keys:
        studio.until_files(key)


def test_only_what_wanted_nodes_need_is_run(studio: Studio) -> None:
    (key,) = studio.desk.submit(document(painted(seed=8)), outputs=["words"])
    studio.until_state(key, "done")
    assert set(studio.run(key).nodes) == {"words"}


def test_a_graph_that_fails_is_told_at_once_with_its_node(studio: Studio) -> None:
    broken = graph({"value": node("input.integer"), "half": node("video.decode")})
    (key,) = studio.desk.submit(document(broken))
    run = studio.until_state(key, "failed")
    assert "half" in run.error
    assert run.id == ""


def test_a_file_that_vanished_is_one_sentence_at_its_node(studio: Studio, tmp_path: Path) -> None:
    (key,) = studio.desk.submit(document(loading(str(tmp_path / "gone.png"))))
    run = studio.until_state(key, "failed")
    assert run.error.startswith("Node 'load': ")
    assert "gone.png" in run.error
    assert run.nodes["load"].state == "failed"


def test_a_node_that_raises_fails_its_run_without_another_try(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (key,) = studio.desk.submit(document(loading(str(tmp_path / "bad.png"))))
    run = studio.until_state(key, "failed")
    assert run.error.startswith("Node 'load': ")
    assert run.attempt == 1
    (tmp_path / "bad.png").unlink()
    studio.desk.retry(key)
    studio.until(lambda: studio.run(key).attempt == 2)
    studio.until_state(key, "failed")


def test_files_that_cannot_be_written_here_are_told_and_nothing_is_lost(studio: Studio) -> None:
    before = studio.desk.output
    studio.desk.output = studio.folder / "studio" / "runs.db" / "no-folder"
    (key,) = studio.desk.submit(document(painted(seed=9)))
    studio.until(lambda: "not here yet" in studio.run(key).note)
    assert studio.run(key).state == "done"
    assert f"'{studio.desk.output}'" in studio.run(key).note, "no name of an unfinished file"
    assert studio.run(key).note.removeprefix("Its ") in studio.sentences[-1]
    studio.desk.output = before
    studio.desk.retry(key)
    (file,) = studio.until_files(key)
    assert (file.parent, studio.run(key).note) == (before, "")


def test_a_waiting_run_can_be_cancelled(studio: Studio, busy: str) -> None:
    (key,) = waiting(studio, 1)
    studio.desk.cancel(key)
    assert studio.until_state(key, "cancelled").error == ""


def test_a_run_can_be_cancelled_before_it_was_sent(studio: Studio) -> None:
    (key,) = studio.desk.submit(document(long()))
    studio.desk.cancel(key)
    assert studio.run(key).state == "cancelled"
    (other,) = studio.desk.submit(document(SHOWN))
    studio.until_state(other, "done")
    assert studio.run(key).state == "cancelled"


def test_a_paused_run_waits_until_it_is_resumed(studio: Studio, busy: str) -> None:
    (key,) = waiting(studio, 1)
    studio.desk.pause(key)
    studio.until_state(key, "paused")
    studio.desk.resume(key)
    studio.until_state(key, "queued")
    studio.desk.cancel(key)
    studio.until_state(key, "cancelled")


def test_a_running_one_can_be_paused_and_goes_on(studio: Studio, busy: str) -> None:
    studio.until(lambda: studio.run(busy).done)
    studio.desk.pause(busy)
    studio.until_state(busy, "paused")
    assert studio.run(busy).nodes["sample"].state == "waiting"
    studio.desk.resume(busy)
    studio.until_state(busy, "running")


def test_runs_put_to_the_front_keep_their_order(studio: Studio, busy: str) -> None:
    last = waiting(studio, 2)
    first = waiting(studio, 2, front=True)
    studio.until(lambda: in_line(studio, [*last, *first]) == [*first, *last])
    studio.desk.to_front(last[1])
    studio.until(lambda: in_line(studio, [*last, *first]) == [*first, last[1], last[0]])
    studio.desk.move(last[0], 1)
    studio.until(lambda: in_line(studio, [*last, *first])[1] == last[0])
    for key in (*first, *last):
        studio.desk.cancel(key)
    for key in (*first, *last):
        studio.until_state(key, "cancelled")


def test_the_graph_of_a_run_can_be_opened_again(studio: Studio) -> None:
    opened = document(painted(seed=5))
    (key,) = studio.desk.submit(opened)
    studio.until_state(key, "done")
    assert studio.desk.document_of(key) == opened.document
    with pytest.raises(InvalidInput, match="was not kept"):
        studio.desk.document_of("stranger")


def test_this_computer_says_what_it_can_take(studio: Studio) -> None:
    desk, opened = studio.desk, document(painted())
    need = desk.need_of(opened.document, opened.registry)
    assert need.model == "starter"
    assert desk.why_not(need, HERE) is None
    much = Need(memory=1 << 50)
    assert "this computer has" in str(desk.why_not(much, HERE))
    with pytest.raises(InvalidInput, match="no place 'moon'"):
        desk.submit(opened, place="moon")


def test_what_a_child_holds_is_sampled_while_it_works(studio: Studio, busy: str) -> None:
    studio.until(lambda: studio.run(busy).peak > 50 << 20)
    assert studio.desk.child.memory > studio.run(busy).peak // 2


def test_a_cluster_that_does_not_answer_is_told_and_runs_wait_for_it(studio: Studio) -> None:
    Servers().add(KnownServer(name="shed", address="tcp://127.0.0.1:1", key=KeyPair.new().public))
    studio.desk.refresh_places()
    studio.until(lambda: len(studio.desk.places) == 2)
    studio.until(lambda: studio.desk.places[1].sentence.startswith("There is no key"))
    KeyPair.load_or_new()
    studio.until(lambda: "does not answer" in studio.desk.places[1].sentence)
    (key,) = studio.desk.submit(document(SHOWN), place="shed")
    studio.until(lambda: studio.run(key).nodes)
    assert studio.run(key).state == "sending"
    studio.desk.cancel(key)
    assert studio.run(key).state == "cancelled"


def test_the_child_inherits_nothing_of_the_display(studio: Studio) -> None:
    environment = Path(f"/proc/{studio.child}/environ").read_bytes().split(b"\0")
    names = {entry.partition(b"=")[0].decode() for entry in environment}
    assert not {name for name in names if name.startswith("QT_") or "DISPLAY" in name}
    assert "OMP_WAIT_POLICY" in names
    assert os.getsid(studio.child) == studio.child != os.getsid(0)
    found = find_child(studio.folder / "studio" / "child")
    assert found is not None
    assert found.called.process == studio.child
