"""Jobs, checkpoints and results on their way: what arrives, what is told, and what is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import pytest

from cluster_agent.agent import news
from cluster_agent.agent.checkpoints import checkpoint_place
from cluster_agent.agent.errands import Errands
from cluster_agent.agent.instructions import Deliver, Fetch, Prepare, Push
from cluster_agent.agent.workspace import Room
from cluster_agent.blobs.store import BlobStore
from cluster_agent.protocol.job_spec import InputFile, JobSpec
from cluster_agent.protocol.messages import Checkpoint, Lease
from tests.cluster_agent.agent.near_blobs import NearBlobs
from tests.cluster_agent.waiting import PATIENCE, wait_for

LEASE = Lease(job="j1", epoch=1)
LATER = Lease(job="j1", epoch=2)
Told = TypeVar("Told", bound=news.News)


class Office:
    """Errands of one room."""

    def __init__(self, folder: Path) -> None:
        self.room = Room(folder / "room")
        self.room.make()
        self.blobs = NearBlobs(BlobStore(folder / "blobs"))
        self._told: SimpleQueue[news.News] = SimpleQueue()
        self.errands = Errands(
            folder / "agent", lambda slot: self.room, lambda: self.blobs, self._told.put, 1
        )

    def hear(self, kind: type[Told]) -> Told:
        told = self._told.get(timeout=PATIENCE)
        assert isinstance(told, kind), told
        return told

    def quiet(self) -> bool:
        return self._told.empty()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.errands.close()


def prepare(
    lease: Lease = LEASE, checkpoints: tuple[Checkpoint, ...] = (), **wishes: object
) -> Prepare:
    wishes = wishes or {"graph": b"{}"}
    return Prepare(lease, (0,), JobSpec.model_validate({"key": "k", **wishes}), checkpoints)


def test_a_job_that_brings_everything_along_is_ready_at_once(office: Office) -> None:
    (office.room.work / "left").write_text("of the last job")
    office.errands.prepare(prepare(graph=b'{"format": 1}'))
    assert not office.quiet()  # without a detour over another thread
    office.hear(news.Prepared)
    assert office.room.graph.read_bytes() == b'{"format": 1}'
    assert list(office.room.work.iterdir()) == []


def test_graph_inputs_and_checkpoints_are_laid_into_the_room(office: Office) -> None:
    put = office.blobs.store.put
    checkpoint = Checkpoint(fingerprint="f" * 64, step=20, digest=put(b"state"), size=5)
    inputs = (InputFile(path="inputs/a/b.png", digest=put(b"picture"), size=7),)
    office.errands.prepare(
        prepare(checkpoints=(checkpoint,), graph_digest=put(b"{graph}"), inputs=inputs)
    )
    office.hear(news.Prepared)
    assert office.room.graph.read_bytes() == b"{graph}"
    assert (office.room.work / "inputs" / "a" / "b.png").read_bytes() == b"picture"
    place = checkpoint_place(office.room, checkpoint)
    assert place.name == "step-00000020.safetensors"
    assert place.read_bytes() == b"state"


def test_a_checkpoint_that_lies_there_is_not_fetched_again(office: Office) -> None:
    digest = office.blobs.store.put(b"state")
    checkpoint = Checkpoint(fingerprint="f" * 64, step=20, digest=digest, size=5)
    for epoch in (1, 2):
        office.errands.prepare(prepare(Lease(job="j1", epoch=epoch), (checkpoint,)))
        office.hear(news.Prepared)
    assert office.blobs.downloads == [digest]


def test_a_checkpoint_that_is_gone_costs_steps_not_the_job(office: Office) -> None:
    lost = Checkpoint(fingerprint="f" * 64, step=20, digest="0" * 64, size=5)
    office.errands.prepare(prepare(checkpoints=(lost,)))
    office.hear(news.Prepared)


def test_an_input_that_is_gone_makes_the_job_invalid(office: Office) -> None:
    inputs = (InputFile(path="a", digest="0" * 64, size=7),)
    office.errands.prepare(prepare(graph=b"{}", inputs=inputs))
    assert office.hear(news.Unprepared).fault == "invalid"


def test_a_forgotten_fetch_ends_and_leaves_the_room_to_the_next(office: Office) -> None:
    inputs = (InputFile(path="a", digest=office.blobs.store.put(b"a"), size=1),)
    office.blobs.shut.set()
    office.errands.prepare(prepare(graph=b"{old}", inputs=inputs))
    assert office.blobs.entered.wait(PATIENCE)
    office.errands.prepare(prepare(LATER, graph=b"{new}"))
    office.errands.forget(LEASE)
    assert office.hear(news.Unprepared).lease == LEASE
    assert office.hear(news.Prepared).lease == LATER
    assert office.room.graph.read_bytes() == b"{new}"
    assert list(office.room.work.iterdir()) == []


def test_a_checkpoint_is_pushed_and_its_file_removed(office: Office) -> None:
    path = office.room.outbox / "f-10"
    path.write_bytes(b"state")
    office.errands.push(Push(LEASE, "f" * 64, 10, path))
    pushed = office.hear(news.Pushed).checkpoint
    assert (pushed.step, pushed.size, pushed.fingerprint) == (10, 5, "f" * 64)
    assert office.blobs.store.size(pushed.digest) == 5
    assert not path.exists()


def test_a_checkpoint_that_cannot_be_pushed_is_told_and_removed(office: Office) -> None:
    path = office.room.outbox / "f-10"
    path.write_bytes(b"state")
    office.blobs.full = True
    office.errands.push(Push(LEASE, "f" * 64, 10, path))
    assert "step 10" in office.hear(news.Unpushed).error
    assert not path.exists()


def test_results_are_delivered_with_the_node_that_wrote_them(office: Office) -> None:
    out = office.room.out
    for name in ("video.mp4", "video.mp4.jpg", "video.mp4.c2pa", "frames/1.png", "frames/2.png"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(name)
    (out / ".reelwright-stage").mkdir()
    (out / ".reelwright-stage" / "half").write_text("written")
    wrote = {"video.mp4": ("save", True), "frames": ("each", False)}
    office.errands.deliver(Deliver(LEASE, 0), wrote)
    assert list(office.room.out.iterdir()) == []  # free at once
    results = {result.path: result for result in office.hear(news.Delivered).results}
    assert {path: (each.node, each.signed) for path, each in results.items()} == {
        "video.mp4": ("save", True),
        "video.mp4.jpg": ("save", False),
        "video.mp4.c2pa": ("save", False),
        "frames/1.png": ("each", False),
        "frames/2.png": ("each", False),
    }
    assert office.blobs.store.size(results["video.mp4"].digest) == results["video.mp4"].size


def test_results_that_find_no_room_are_told(office: Office) -> None:
    (office.room.out / "a").write_text("a")
    office.blobs.full = True
    office.errands.deliver(Deliver(LEASE, 0), {})
    assert office.hear(news.Undelivered).fault == "storage"


def test_what_was_delivered_and_is_forgotten_is_removed(office: Office, tmp_path: Path) -> None:
    (office.room.out / "a").write_text("a")
    office.errands.deliver(Deliver(LEASE, 0), {})
    office.hear(news.Delivered)
    office.errands.forget(LEASE)
    assert list((tmp_path / "agent" / "deliveries").iterdir()) == []


def test_what_was_fetched_ahead_is_not_fetched_again(office: Office) -> None:
    digest = office.blobs.store.put(b"picture")
    office.errands.fetch(Fetch("starter", (digest,)))
    ahead = office.errands._ahead / digest
    wait_for(ahead.exists)
    inputs = (InputFile(path="a", digest=digest, size=7),)
    office.errands.prepare(prepare(graph=b"{}", inputs=inputs))
    office.hear(news.Prepared)
    assert (office.room.work / "a").read_bytes() == b"picture"
    assert office.blobs.downloads == [digest]
