"""Agents kept running on this computer."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_agent.launchers import local
from cluster_agent.launchers.local import LocalLauncher
from cluster_agent.launchers.protocol import AgentPlan, LaunchFailed
from tests.cluster_agent.waiting import wait_for


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program in the place of Python: notes its process id and sleeps until it is ended."""
    program = tmp_path / "python"
    notes = tmp_path / "started"
    program.write_text(f'#!/bin/sh\necho "$$ $*" >> {notes}\nexec sleep 600\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def launcher(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalLauncher]:
    monkeypatch.setattr(local, "FIRST_WAIT", 0.01)
    made = LocalLauncher(str(stand_in))
    yield made
    made.close()


def plan(tmp_path: Path, count: int = 1) -> AgentPlan:
    return AgentPlan("here", "studio", tmp_path / "keys", tmp_path / "state", count=count)


def started(tmp_path: Path) -> list[int]:
    notes = tmp_path / "started"
    return (
        [int(line.split()[0]) for line in notes.read_text().splitlines()] if notes.exists() else []
    )


def test_a_plan_starts_its_agents_once(launcher: LocalLauncher, tmp_path: Path) -> None:
    launcher.launch(plan(tmp_path, 2))
    launcher.launch(plan(tmp_path, 2))
    wait_for(lambda: len(started(tmp_path)) == 2)
    assert [(each.name, each.state) for each in launcher.placed()] == [
        ("here-0", "running"),
        ("here-1", "running"),
    ]
    assert "--name here-1" in (tmp_path / "started").read_text()


def test_an_agent_that_dies_is_started_again(launcher: LocalLauncher, tmp_path: Path) -> None:
    launcher.launch(plan(tmp_path))
    wait_for(lambda: len(started(tmp_path)) == 1)
    os.kill(started(tmp_path)[0], signal.SIGKILL)
    wait_for(lambda: len(started(tmp_path)) == 2)
    wait_for(lambda: launcher.placed()[0].restarts == 1)


def test_a_stopped_plan_is_not_started_again(launcher: LocalLauncher, tmp_path: Path) -> None:
    launcher.launch(plan(tmp_path))
    wait_for(lambda: len(started(tmp_path)) == 1)
    launcher.stop("here")
    assert launcher.placed() == []
    with pytest.raises(ProcessLookupError):
        os.kill(started(tmp_path)[0], 0)
    assert len(started(tmp_path)) == 1


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(LaunchFailed, match="'here-0' cannot be started"):
        LocalLauncher(str(tmp_path / "no-python")).launch(plan(tmp_path))


def test_the_command_is_one_that_exists() -> None:
    from studio.cli.table import COMMANDS

    command = AgentPlan("a", "b", Path("/k"), Path("/f")).command("0")
    assert command[1] in COMMANDS
    assert "--takedowns" not in command
    follows = AgentPlan("a", "b", Path("/k"), Path("/f"), takedowns=Path("/t")).command("0")
    assert follows == [*command, "--takedowns", "/t"]
    assert sys.executable
