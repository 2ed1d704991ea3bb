"""Worker processes: what they do, and how their ends are told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cluster_agent.agent import news
from cluster_agent.agent.checkpoints import checkpoint_place
from cluster_agent.protocol.messages import Checkpoint
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import SHOWN, graph, loading, node, sampled

STEPS, EVERY = 40, 2


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """One worker for all tests that leave it alive."""
    with Crew(tmp_path_factory.mktemp("agent")) as crew:
        yield crew.start()


def picture(crew: Crew, slot: int = 0) -> bytes:
    return (crew.room(slot).out / "picture.png").read_bytes()


def test_a_worker_says_what_is_installed(crew: Crew) -> None:
    (up,) = (told for told in crew.heard if isinstance(told, news.WorkerUp))
    assert "reelwright" in up.packs
    assert "starter" in up.models


def test_a_job_is_done_and_told_event_by_event(crew: Crew) -> None:
    ended = crew.do(SHOWN)
    assert (ended.fault, ended.cancelled) == (None, False)
    assert ended.peak > 1 << 20
    assert '"kind":"run_ended"' in crew.events()


def test_a_graph_that_is_none_is_invalid(crew: Crew) -> None:
    ended = crew.do(b'{"format": 1, "nodes": 7}')
    assert ended.fault == "invalid"
    assert "nodes" in ended.error


def test_a_node_that_is_not_installed_is_refused_not_failed(crew: Crew) -> None:
    ended = crew.do(graph({"odd": node("vendor.odd"), "value": node("input.integer")}))
    assert (ended.fault, ended.error[:11]) == ("refused", "Node 'odd':")


def test_a_failed_node_is_named(crew: Crew) -> None:
    ended = crew.do(loading("missing.png"))
    assert ended.fault in ("invalid", "failed")
    assert "'load'" in ended.error


@pytest.mark.parametrize("path", ["/etc/hostname", "../../secret.png", "~/secret.png"])
def test_a_graph_that_leaves_its_workspace_is_refused_before_it_runs(crew: Crew, path: str) -> None:
    before = len(crew.heard)
    ended = crew.do(loading(path))
    assert ended.fault == "invalid"
    assert "outside of the job's workspace" in ended.error
    assert not any(isinstance(told, news.Told) for told in crew.heard[before:])


def test_a_key_that_is_away_is_told_before_anything_is_sampled(tmp_path: Path) -> None:
    signed = sampled(STEPS, EVERY).replace(b'"sign": false', b'"sign": true')
    with Crew(tmp_path, environment={"REELWRIGHT_IDENTITY": "nobody"}) as crew:
        ended = crew.start().do(signed)
        assert ended.fault == "failed"  # another server may have the key
        assert "No package offers the identity 'nobody'" in ended.error
        assert not any(isinstance(told, news.Told) for told in crew.heard)
        assert crew.do(SHOWN, epoch=2).fault is None


def test_inputs_are_found_by_their_path_in_the_workspace(crew: Crew) -> None:
    _, encoded = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))
    assert (
        crew.do(loading("inputs/a.png"), inputs={"inputs/a.png": encoded.tobytes()}).fault is None
    )


def test_a_module_in_the_workspace_is_never_imported(crew: Crew) -> None:
    marker = crew.room().root / "imported"
    code = f"open({str(marker)!r}, 'w').close()\n".encode()
    with Crew(crew.room().root / "own") as own:  # it imports everything for the first time
        own.start()
        own.do(loading("cv2.py"), inputs={"cv2.py": code, "av.py": code, "numpy.py": code})
        own.do(loading("av.py", "input.video"), epoch=2, inputs={"av.py": code})
    assert not marker.exists()


def test_a_job_goes_on_on_another_worker_from_a_checkpoint_bit_for_bit(
    crew: Crew, tmp_path: Path
) -> None:
    whole = sampled(STEPS, EVERY)
    ended = crew.do(whole, epoch=1)
    assert (ended.fault, ended.warm) == (None, "starter")
    expected = picture(crew)
    again = crew.give(whole, epoch=2, fresh=True)
    # which steps are kept is the disk's to say: a newer one takes the place of one that waits
    kept = crew.hear(news.Kept, lambda kept: kept.lease == again and 0 < kept.step < STEPS)
    saved = kept.path.read_bytes()
    crew.hear(news.Ended)
    assert picture(crew) == expected  # fresh: computed again, not found
    with Crew(tmp_path) as other:
        other.start()
        checkpoint = Checkpoint(
            fingerprint=kept.fingerprint, step=kept.step, digest="0" * 64, size=len(saved)
        )
        place = checkpoint_place(other.room(), checkpoint)
        place.parent.mkdir(parents=True)
        place.write_bytes(saved)
        assert other.do(whole, resumed=True).fault is None
        assert f"Resumed from step {kept.step}." in other.events()
        assert picture(other) == expected


def test_a_cancelled_job_stops_at_its_next_step_and_keeps_it(crew: Crew) -> None:
    lease = crew.give(sampled(200, 200, seed=2), epoch=3)
    seen = crew.hear(news.Told, lambda told: told.lease == lease and (told.step or 0) >= 2)
    crew.supervisor.cancel(0, lease)
    kept = crew.hear(news.Kept, lambda kept: kept.lease == lease)
    ended = crew.hear(news.Ended)
    assert ended.cancelled
    assert seen.step is not None
    assert seen.step <= kept.step < 200
    assert ended.warm == "starter"


def test_a_fresh_job_does_not_go_on_from_what_was_left(crew: Crew) -> None:
    stopped = sampled(200, 200, seed=4)
    for epoch, fresh in ((5, False), (6, True)):
        lease = crew.give(stopped, epoch=epoch, fresh=fresh)
        first = crew.hear(news.Told, lambda told, job=lease: told.lease == job and told.step)
        assert first.step == 1
        crew.supervisor.cancel(0, lease)
        crew.hear(news.Ended, lambda ended, job=lease: ended.lease == job)


def test_a_worker_that_is_killed_is_told_with_its_signal(tmp_path: Path) -> None:
    with Crew(tmp_path) as crew:
        os.kill(crew.start().process(), signal.SIGSEGV)
        down = crew.hear(news.WorkerDown)
        assert down.fault == "crashed"
        assert "SIGSEGV" in down.error
        assert down.peak > 1 << 20
        crew.start()  # and the next one can come


def test_a_worker_killed_near_its_limit_ran_out_of_memory(tmp_path: Path) -> None:
    with Crew(tmp_path, limit=1 << 20) as crew:
        os.kill(crew.start().process(), signal.SIGKILL)
        assert crew.hear(news.WorkerDown).fault == "out_of_memory"


def test_memory_and_disk_of_a_working_worker_are_measured(crew: Crew) -> None:
    lease = crew.give(sampled(200, 1, seed=3, frames=9), epoch=4)
    measured = crew.hear(news.Measured, lambda told: told.disk > 0)
    assert measured.memory > 1 << 20
    crew.supervisor.cancel(0, lease)
    crew.hear(news.Ended, lambda ended: ended.lease == lease)


def test_workers_end_with_their_agent(tmp_path: Path) -> None:
    with Crew(tmp_path) as crew:
        process = crew.start().process()
        crew.supervisor._workers[0].pipe.close()
        crew.hear(news.WorkerDown)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize(("preload", "warm"), [("starter", "starter"), ("no-such-model", "")])
def test_a_worker_may_load_a_model_before_it_is_asked_to(
    tmp_path: Path, preload: str, warm: str
) -> None:
    with Crew(tmp_path, preload=preload) as crew:
        ended = crew.start().do(SHOWN)  # needs no model
        assert (ended.fault, ended.warm) == (None, warm)
