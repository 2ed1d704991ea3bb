"""Slurm: a batch script that runs a plan's agents as one job array, and is requeued when a node
fails.
"""

from __future__ import annotations

import shlex
from datetime import timedelta

from cluster_agent.launchers.protocol import AgentPlan
from engine.errors import InvalidInput


def batch_script(
    plan: AgentPlan, *, partition: str = "", lasts: timedelta = timedelta(days=7)
) -> str:
    """The script for `sbatch`.  Agents drain when Slurm announces the end (SIGTERM, 120 s before).

    Raises InvalidInput for a name that Slurm would read as something else.
    """
    for what, value in (("name", plan.name), ("partition", partition)):
        if value and not value.replace("-", "").replace("_", "").isalnum():
            raise InvalidInput(
                f"'{value}' cannot be a Slurm {what}.", remedy="Use letters and '-'."
            )
    hours, rest = divmod(int(lasts.total_seconds()), 3600)
    options = {
        "job-name": plan.name,
        "array": f"0-{plan.count - 1}",
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": str(plan.cpus),
        "gres": f"gpu:{plan.gpus}" if plan.gpus else "",
        "mem": f"{plan.memory >> 20}M" if plan.memory else "",
        "partition": partition,
        "time": f"{hours}:{rest // 60:02}:{rest % 60:02}",
        "signal": "TERM@120",
        "output": "%x-%a.log",
    }
    lines = ["#!/bin/bash", "#SBATCH --requeue"]
    lines += [f"#SBATCH --{name}={value}" for name, value in options.items() if value]
    number = "${SLURM_ARRAY_TASK_ID}"
    words = [f'"{word}"' if number in word else shlex.quote(word) for word in plan.command(number)]
    return (
        "\n".join(
            [*lines, "set -euo pipefail", "exec srun --kill-on-bad-exit=1 " + " ".join(words)]
        )
        + "\n"
    )
