"""One denoiser on two processes of this computer: what travels between them, and what time is won.

python -m tests.benchmarks.models_parallel

A Wan of six blocks with random weights, one thread a process, tensors through gloo over the
loopback.  It tells whether the work is shared and what is exchanged, and nothing of GPUs.  The
clock's time wants two idle processors; the work of a rank, which is what it computes and what the
exchange costs it, does not.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from cluster_agent.agent.group import meeting
from engine.models.diffusion.parallel import across_ranks
from engine.models.parallel import Team, together
from tests.benchmarks._table import row

ROOT = Path(__file__).parents[2]
RANKS, ROUNDS = 2, 5
WIDTH, HEADS, BLOCKS = 384, 6, 6
GRID = (9, 32, 32)  # latent frames, rows, columns; a token is 1 x 2 x 2
TOKENS = GRID[0] * GRID[1] * GRID[2] // 4
WORDS = 64


def denoiser() -> Any:
    from diffusers import WanTransformer3DModel

    torch.manual_seed(0)
    return WanTransformer3DModel(
        num_attention_heads=HEADS,
        attention_head_dim=WIDTH // HEADS,
        in_channels=16,
        out_channels=16,
        text_dim=64,
        freq_dim=64,
        ffn_dim=4 * WIDTH,
        num_layers=BLOCKS,
    ).eval()


class Cost(NamedTuple):
    """Of one call of the denoiser: medians of a clock's and of this processor's seconds, and bytes
    that leave this rank.
    """

    seconds: float
    worked: float
    sent: int


def cost(team: Team | None) -> Cost:
    network = denoiser()
    chance = torch.Generator().manual_seed(1)
    told = {
        "hidden_states": torch.randn(1, 16, *GRID, generator=chance),
        "encoder_hidden_states": torch.randn(1, WORDS, 64, generator=chance),
        "timestep": torch.tensor([500.0]),
    }
    sent = counted(team) if team else []
    times, worked = [], []
    with torch.inference_mode(), together(team) if team else nullcontext():
        for _ in range(1 + ROUNDS):
            begun, busy = time.perf_counter(), time.process_time()
            with across_ranks({"transformer": network}):
                network(**told)
            times.append(time.perf_counter() - begun)
            worked.append(time.process_time() - busy)
    medians = (statistics.median(each[1:]) for each in (times, worked))
    return Cost(*medians, sum(sent) // (1 + ROUNDS))


def counted(team: Team) -> list[int]:
    """Bytes that leave this rank from here on, by exchange."""
    sent: list[int] = []

    def counting(exchange: Callable[..., Any], times: float) -> Any:
        def exchanged(got: Any, given: Tensor, *more: Any, **named: Any) -> Any:
            sent.append(round(given.nbytes * times))
            return exchange(got, given, *more, **named)

        return exchanged

    dist.all_to_all_single = counting(dist.all_to_all_single, 1 - 1 / team.size)
    dist.all_gather = counting(dist.all_gather, team.size - 1)
    return sent


def word_between_blocks() -> float:
    """Seconds until all ranks know that they are to go on."""
    said, count = torch.zeros(2, dtype=torch.int64), 500
    begun = time.perf_counter()
    for _ in range(count):
        dist.broadcast(said, src=0)
    return (time.perf_counter() - begun) / count


def one_of_several(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    with meeting(folder, rank, RANKS) as team:
        told = {**cost(team)._asdict(), "word": word_between_blocks()}
    (folder / f"{rank}.json").write_text(json.dumps(told))


def main() -> None:
    torch.set_num_threads(1)
    alone = cost(None)
    command = [sys.executable, "-m", "tests.benchmarks.models_parallel"]
    with tempfile.TemporaryDirectory() as folder:
        ranks = [
            subprocess.Popen(
                [*command, str(rank), folder], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}
            )
            for rank in range(RANKS)
        ]
        if [rank.wait() for rank in ranks] != [0] * RANKS:
            raise SystemExit("A rank failed.")
        told = [json.loads((Path(folder) / f"{rank}.json").read_text()) for rank in range(RANKS)]
    for what, name in (("work of a rank", "worked"), ("time", "seconds")):
        most, one = max(each[name] for each in told), getattr(alone, name)
        times = f"{most:.2f} / {one:.2f} s = {most / one:.2f}"
        row(f"{what}, {RANKS} processes over one, {TOKENS} tokens", times, f"ideal {1 / RANKS:.2f}")
    sent = told[0]["sent"]
    row("a rank sends, for each call of the denoiser", f"{sent / 2**20:.1f} MiB")
    # Queries, keys, values and what was seen, of its tokens, for the heads of others; at the end
    # its tokens to all others.
    mine = TOKENS // RANKS * WIDTH * 4
    least = 4 * BLOCKS * mine * (RANKS - 1) // RANKS + mine * (RANKS - 1)
    row("    over what Ulysses must send", f"{sent / least:.3f}", "1.000")
    row("the leader's word between two blocks", f"{told[1]['word'] * 1e6:.0f} us")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_of_several(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
