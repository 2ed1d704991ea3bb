"""Several workers at one job make what one makes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cluster_agent.agent import news
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import sampled
from tests.cluster_agent.agent.group_rank import Attentive, OneModel, sample
from tests.cluster_agent.waiting import PATIENCE

ROOT = Path(__file__).parents[3]


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


def test_a_leader_whose_step_fails_waits_for_nobody(tmp_path: Path) -> None:
    with ranks(str(tmp_path), "2") as (leader, _):
        assert leader.wait(PATIENCE) == 1


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
