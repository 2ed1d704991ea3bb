"""A sampler in a process of its own, which is killed at random moments and started again.

As a program (`python -m tests.engine.run.killed_sampler FOLDER`) it takes one step for each line
on its input, says each step and each checkpoint on its output, and in the end the digest of its
result.
"""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from threading import Thread

import torch

from engine.graph.context import Context, Snapshot
from engine.graph.document import Document, NodeSpec
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.registry import Registry
from engine.run.events import Checkpointed, Event
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from engine.values import Latent, VideoModel

STEPS = 40
EVERY = 3
ROOT = Path(__file__).parents[3]


class Sample(Node, type="toy.sample", version=1, category="Toys"):
    """Steps that lean on the one before and on a random generator, as a stochastic solver's do."""

    seed: int = Param(0)

    def run(self, ctx: Context) -> Latent:
        generator = torch.Generator().manual_seed(self.seed)
        weight = torch.randn(128, 128, generator=generator) / 11
        x = torch.randn(1, 16, 4, 8, 128, generator=generator)
        x = x.to(memory_format=torch.channels_last_3d)
        first = 0
        saved = ctx.resume()
        if saved is not None:
            first, x = saved.step, saved.tensors["x"]
            generator.set_state(saved.tensors["generator"])
        for step in range(first + 1, STEPS + 1):
            sys.stdin.readline()
            x = torch.tanh(x @ weight) + torch.randn(x.shape, generator=generator) / 10
            if step % EVERY == 0 or step == STEPS:
                ctx.save(Snapshot(step, {"x": x, "generator": generator.get_state()}))
            ctx.progress(step, STEPS)
            print(step, flush=True)
        return Latent(x, VideoModel("toy", "toy", "0"), 1, 8, 8, Fraction(24))


def main(folder: Path) -> None:
    """Sample once, with all state in `folder`."""
    torch.set_num_threads(1)
    runner = LocalRunner(Registry.of(Sample), folder=folder, output=folder)
    document = Document(nodes={"sample": NodeSpec(type="toy.sample", version=1)})
    latent = runner.run(RunRequest(document), listener=_say).values["sample"]["result"]
    assert isinstance(latent, Latent)
    content = latent.video_BCTHW.contiguous().numpy().tobytes()
    print(hashlib.sha256(content).hexdigest(), flush=True)


def _say(event: Event) -> None:
    if isinstance(event, Checkpointed):
        print(f"kept-{event.step}", flush=True)


@dataclass
class Survival:
    """What several kills led to: `resumed` has (kept step, first step of the next run) of each."""

    digest: str = ""
    resumed: list[tuple[int, int]] = field(default_factory=list)


def survive(folder: Path, kills: int, seed: int = 0) -> Survival:
    """Start the sampler, kill it at a random moment, and so on; then let it end.

    The first kill comes when a checkpoint is there, so that one at least has something to keep.
    """
    moments = random.Random(seed)
    survival, kept = Survival(), 0
    for left in range(kills, -1, -1):
        share = (STEPS - kept) // (left + 1)
        allowed = min(moments.randint(1, max(1, 2 * share)), STEPS - kept - 1)
        if not left:
            said = _run(folder, STEPS, None)
        elif left == kills:
            said = _run(folder, STEPS // 2, lambda _: _newest_checkpoint(folder) > 0)
        else:
            said = _run(folder, allowed, _at_least(moments.randint(0, allowed)))
        steps = [int(line) for line in said if line.isdigit()]
        if steps:
            survival.resumed.append((kept, steps[0]))
        kept = _newest_checkpoint(folder)
        survival.digest = said[-1] if said else ""
    return survival


def _run(folder: Path, steps: int, kill_when: Callable[[list[str]], bool] | None) -> list[str]:
    """Allow so many steps; kill as soon as what was said answers, or wait for the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.run.killed_sampler", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write("\n" * steps)
        process.stdin.flush()
        if kill_when is None:
            return process.stdout.read().split()
        said: list[str] = []
        listening = Thread(target=lambda: said.extend(map(str.strip, process.stdout or ())))
        listening.start()
        # Checkpoints are written behind the sampler's back and told at its next step, which a slow
        # disk may put off for ever here: so look, rather than wait to be told.
        while not (said and kill_when(said)):
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        listening.join()
        return said


def _at_least(count: int) -> Callable[[list[str]], bool]:
    return lambda lines: len(lines) >= count


def _newest_checkpoint(folder: Path) -> int:
    found = folder.glob("checkpoints/*/step-*.safetensors")
    return max((int(path.stem.removeprefix("step-")) for path in found), default=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
