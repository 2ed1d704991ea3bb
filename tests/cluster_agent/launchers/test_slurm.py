"""The batch script: what Slurm reads of it, and what the shell makes of the rest."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from cluster_agent.launchers.protocol import AgentPlan
from cluster_agent.launchers.slurm import batch_script
from engine.errors import InvalidInput

PLAN = AgentPlan(
    "render",
    "studio",
    Path("/etc/my keys"),
    Path("/scratch/it's"),
    count=4,
    gpus=2,
    memory=64 << 30,
)


def directives(script: str) -> dict[str, str]:
    """What sbatch reads: the lines before the first command (sbatch(1))."""
    found = {}
    for line in script.splitlines()[1:]:
        if not line.startswith("#SBATCH "):
            break
        name, _, value = line.removeprefix("#SBATCH --").partition("=")
        found[name] = value
    return found


def test_slurm_is_asked_for_one_task_an_agent_with_its_own_gpus() -> None:
    assert directives(batch_script(PLAN, partition="gpu", lasts=timedelta(hours=36))) == {
        "requeue": "",
        "job-name": "render",
        "array": "0-3",
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": "4",
        "gres": "gpu:2",
        "mem": "65536M",
        "partition": "gpu",
        "time": "36:00:00",
        "signal": "TERM@120",
        "output": "%x-%a.log",
    }


def test_the_shell_passes_paths_on_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "srun").write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    script = tmp_path / "job.sh"
    script.write_text(batch_script(PLAN))
    ran = subprocess.run(
        ["bash", str(script)],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[1:] == PLAN.command("3")


@pytest.mark.parametrize("name", ["a b", "x\n#SBATCH --uid=0", "$(id)"])
def test_a_name_that_says_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a Slurm name"):
        batch_script(AgentPlan(name, "studio", Path("/k"), Path("/f")))
    with pytest.raises(InvalidInput, match="cannot be a Slurm partition"):
        batch_script(PLAN, partition=name)
