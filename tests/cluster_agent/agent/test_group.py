"""Several workers at one job make what one makes."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from cluster_agent.agent import news
from cluster_agent.agent.group import GroupModels, Leader
from cluster_agent.protocol.messages import Lease
from engine.models.family import Adaptable
from engine.models.memory.relief import Sparing
from engine.models.parallel import Team
from engine.models.residency import Residency
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import graph, node, sampled
from tests.cluster_agent.agent.group_rank import HANDLE, Attentive, OneModel, sample
from tests.cluster_agent.agent.test_open_models import MODEL, frames_made, machine
from tests.cluster_agent.waiting import PATIENCE
from tests.engine.models.sampling_runs import picture as noise
from tests.engine.models.tiny import wan as tiny_wan

ROOT = Path(__file__).parents[3]
STEPS = 200
FROM_A_PICTURE = graph(
    {
        "model": node("model.load", model=MODEL),
        "words": node("text.prompt", text="a red cat jumps over a very long wall"),
        "prompt": node("prompt.encode"),
        "blurry": node("text.prompt", text="blurry"),
        "unwanted": node("prompt.encode"),
        "picture": node("input.image", path="picture.png"),
        "first": node("image.condition"),
        "sample": node(
            "video.sample", steps=STEPS, guidance=3.0, frames=5, width=128, height=128,
            checkpoint_every=4,
        ),
        "decode": node("video.decode"),
        "save": node("output.frames", name="frames", mark=False, sign=False),
    },
    ("words.result", "prompt.text"),
    ("blurry.result", "unwanted.text"),
    ("model.result", "prompt.model"),
    ("model.result", "unwanted.model"),
    ("model.result", "sample.model"),
    ("picture.result", "first.image"),
    ("prompt.result", "sample.positive"),
    ("unwanted.result", "sample.negative"),
    ("first.result", "sample.keyframes"),
    ("sample.result", "decode.latent"),
    ("decode.result", "save.clip"),
)  # fmt: skip


@contextmanager
def ranks(*arguments: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "tests.cluster_agent.agent.group_rank"]
    found = [
        subprocess.Popen(
            [*command, str(rank), "2", *arguments], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        for rank in range(2)
    ]
    try:
        yield found
    finally:
        for rank in found:
            rank.kill()
            rank.wait()


def test_a_group_takes_its_steps_together_and_makes_what_one_makes(tmp_path: Path) -> None:
    with ranks(str(tmp_path)) as both:
        assert [rank.wait(PATIENCE) for rank in both] == [0, 0]
    for seed in (1, 2):
        alone = sample(OneModel(Attentive()), seed).numpy()  # type: ignore[arg-type]
        np.testing.assert_array_equal(np.load(tmp_path / f"{seed}.npy"), alone)


@pytest.mark.parametrize(
    ("fault", "rank", "sentence"),
    [
        ("fails", 0, "A rank fails where the others still work."),
        ("memory", 0, "Memory ran out on one of the workers"),
        ("memory", 1, "Memory ran out on one of the workers"),
        ("dies", 1, "One of the workers that take this step together was lost."),
    ],
)
def test_a_step_that_cannot_be_taken_is_told_by_the_leader_who_waits_for_nobody(
    tmp_path: Path, fault: str, rank: int, sentence: str
) -> None:
    with ranks(str(tmp_path), fault, str(rank)) as (leader, _):
        assert leader.wait(PATIENCE) == 1
    assert (tmp_path / "error").read_text().startswith(sentence)


def test_a_model_of_a_group_is_of_every_protocol_that_it_is_of_alone() -> None:
    alone = Attentive()
    leader = Leader(Team(None, 0, 2), Path())
    one_of_several = GroupModels(OneModel(alone), leader).get(HANDLE)  # type: ignore[arg-type]
    for name in ("settle_memory", "spare_memory"):  # as Python 3.12 looks, and not on the object
        assert inspect.getattr_static(one_of_several, name)
    assert isinstance(one_of_several, Sparing)
    assert not isinstance(one_of_several, Adaptable)
    assert one_of_several.handle == HANDLE


def test_a_group_asks_its_own_models_whatever_it_is_asked() -> None:
    asked = {name for name in vars(Residency) if not name.startswith("_")}
    assert asked - {"device"} <= vars(GroupModels).keys()


def test_a_job_of_two_workers_gives_the_result_of_one(tmp_path: Path) -> None:
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    with Crew(tmp_path / "agent") as crew:
        crew.start(0).start(1)
        assert crew.do(sampled(4, 2), epoch=1).fault is None
        alone = (crew.room(0).out / "picture.png").read_bytes()
        more = {"fresh": True, "size": 2, "meeting": str(meeting)}
        crew.give(sampled(4, 2), epoch=2, slot=1, rank=1, **more)
        crew.give(sampled(4, 2), epoch=2, slot=0, rank=0, **more)
        ended = [crew.hear(news.Ended) for _ in range(2)]
        assert [each.fault for each in ended] == [None, None]
        assert (crew.room(0).out / "picture.png").read_bytes() == alone
        assert not list(crew.room(1).out.iterdir())


def test_a_group_whose_follower_dies_is_given_up_by_its_leader(tmp_path: Path) -> None:
    with Crew(tmp_path / "agent") as crew:
        crew.start(0).start(1)
        crew.give(sampled(4, 2), slot=0, rank=0, size=2, meeting=str(tmp_path))
        crew.supervisor.kill(1)
        crew.hear(news.WorkerDown, lambda down: down.slot == 1)
        crew.supervisor.kill(0)  # as the machine orders
        crew.hear(news.WorkerDown, lambda down: down.slot == 0)


def test_a_group_samples_an_open_model_and_one_worker_ends_what_it_began(tmp_path: Path) -> None:
    tiny_wan.build(tmp_path / "tiny", kind="pictures")
    picture = tmp_path / "picture.png"
    PIL.Image.fromarray(noise(3).pixels_HWC).save(picture)
    inputs = {"picture.png": picture.read_bytes()}
    with machine(tmp_path / "one", tmp_path / "tiny") as crew:
        crew.start(0).start(1)
        assert crew.do(FROM_A_PICTURE, inputs=inputs).fault is None
        alone = frames_made(crew)

        def begin(epoch: int) -> Lease:
            meeting = tmp_path / str(epoch)
            meeting.mkdir()
            more = {"fresh": True, "size": 2, "meeting": str(meeting)}
            crew.give(FROM_A_PICTURE, epoch, 1, inputs, rank=1, **more)
            return crew.give(FROM_A_PICTURE, epoch, 0, inputs, rank=0, **more)

        begin(2)
        ended = [crew.hear(news.Ended) for _ in range(2)]
        assert [each.fault for each in ended] == [None, None]
        np.testing.assert_array_equal(frames_made(crew), alone)

        lease = begin(3)
        crew.hear(news.Kept, lambda kept: kept.lease == lease and kept.step < STEPS)
        crew.supervisor.cancel(0, lease)
        ended = [crew.hear(news.Ended) for _ in range(2)]
        assert [each.fault for each in ended] == [None, None]
        assert {each.slot: each.cancelled for each in ended} == {0: True, 1: False}

        assert crew.do(FROM_A_PICTURE, epoch=4, inputs=inputs, resumed=True).fault is None
        assert "Resumed from step" in crew.events()
        np.testing.assert_array_equal(frames_made(crew), alone)
