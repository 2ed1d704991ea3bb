"""An open model on two machines: what one worker began, another ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cluster_agent.agent import news
from cluster_agent.agent.checkpoints import checkpoint_place
from cluster_agent.protocol.messages import Checkpoint
from engine.media.read_image import read_image
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import graph, node
from tests.engine.models.tiny import wan as tiny_wan

STEPS, EVERY = 200, 4
MODEL = "tiny-wan"
SAMPLED = graph(
    {
        "model": node("model.load", model=MODEL),
        "words": node("text.prompt", text="a red cat jumps over a very long wall"),
        "prompt": node("prompt.encode"),
        "sample": node(
            "video.sample",
            steps=STEPS,
            guidance=3.0,
            frames=5,
            width=384,
            height=384,
            solver="dpm++ sde",
            checkpoint_every=EVERY,
        ),
        "decode": node("video.decode"),
        "save": node("output.frames", name="frames", mark=False, sign=False),
    },
    ("words.result", "prompt.text"),
    ("model.result", "prompt.model"),
    ("model.result", "sample.model"),
    ("prompt.result", "sample.positive"),
    ("sample.result", "decode.latent"),
    ("decode.result", "save.clip"),
)
"""Its solver keeps a history, and draws noise at every step.  Pictures are large, so that sampling
takes seconds: on a busy disk a checkpoint takes as long as many steps."""


def machine(folder: Path, weights: Path) -> Crew:
    """Workers of a machine that has the weights in a place of its own."""
    shutil.copytree(weights, folder / "weights")
    entry = {
        "id": MODEL, "family": "wan", "title": "Tiny", "licence": "MIT",
        "source": str(folder / "weights"),
    }  # fmt: skip
    lines = [f'{name} = "{value}"' for name, value in entry.items()]
    (folder / "catalog.toml").write_text("\n".join(["[[model]]", *lines]), "utf-8")
    return Crew(folder / "agent", environment={"REELWRIGHT_CONFIG": str(folder)})


def frames_made(crew: Crew) -> NDArray[np.uint8]:
    paths = sorted((crew.room().out / "frames").glob("*.png"))
    return np.stack([read_image(path).pixels_HWC for path in paths])


def test_another_machine_goes_on_where_a_worker_was_killed_bit_for_bit(tmp_path: Path) -> None:
    tiny_wan.build(tmp_path / "tiny")
    one, two = (machine(tmp_path / name, tmp_path / "tiny") for name in ("one", "two"))
    with one, two:
        two.supervisor.start(0)
        assert one.start().do(SAMPLED).fault is None
        expected = frames_made(one)
        lease = one.give(SAMPLED, epoch=2, fresh=True)
        # Which steps are kept is the disk's to say.
        kept = one.hear(news.Kept, lambda kept: kept.lease == lease and kept.step < STEPS)
        one.supervisor.kill(0)
        one.hear(news.WorkerDown)
        ends = [told.lease.epoch for told in one.heard if isinstance(told, news.Ended)]
        assert ends == [1], "it was to be killed at its work"
        saved = kept.path.read_bytes()
        checkpoint = Checkpoint(
            fingerprint=kept.fingerprint, step=kept.step, digest="0" * 64, size=len(saved)
        )
        two.hear(news.WorkerUp)
        place = checkpoint_place(two.room(), checkpoint)
        place.parent.mkdir(parents=True)
        place.write_bytes(saved)
        assert two.do(SAMPLED, resumed=True).fault is None
        assert f"Resumed from step {kept.step}." in two.events()
        assert len(expected) == 5
        assert expected.std() > 1
        assert np.array_equal(frames_made(two), expected)
