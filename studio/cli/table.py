"""The commands as data: what `--help` and completion show without importing any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Command:
    """One command: its name, what it does, and where its function or Typer app is."""

    name: str
    target: str
    help: str


def _command(name: str, help: str) -> Command:
    return Command(name, f"studio.cli.commands.{name}:{name}", help)


SECTIONS: Final[Mapping[str, tuple[Command, ...]]] = {
    "Make videos": (
        _command("demo", "Make a video from a prompt, with the model that ships."),
        _command("run", "Run a graph, or the graph inside a video."),
        _command("estimate", "What a graph will need: memory, time, cost."),
    ),
    "Work on graphs": (
        _command("new", "Begin a graph from a template."),
        _command("show", "What is in a graph, or in a video's graph."),
        _command("validate", "Find every problem of a graph without running it."),
        _command("upgrade", "Bring a graph to the newest node versions."),
        _command("nodes", "The nodes there are, and how to use one."),
    ),
    "Work on a cluster": (
        _command("submit", "Queue a graph on a cluster and return at once."),
        _command("jobs", "What is queued, running and done; pause, resume, move, retry."),
        _command("watch", "Follow what happens, as it happens."),
        _command("cancel", "Stop jobs at their next step."),
        _command("fetch", "Bring the files of finished jobs here."),
        _command("agents", "The machines of a cluster and what they are doing."),
        _command("drain", "Give an agent no more work."),
    ),
    "Be a cluster": (
        _command("agent", "Work for a cluster; with --solo, be one alone."),
        _command("broker", "Hold the queue of a cluster."),
        _command("keys", "Keys: your own, those you trust, pairing with a server."),
    ),
    "Look after things": (
        _command("models", "List, describe and fetch models."),
        _command("verify", "Who made this file, and was it altered?"),
        _command("doctor", "Check this computer and say what to mend."),
    ),
}

COMMANDS: Final[Mapping[str, Command]] = {
    command.name: command for section in SECTIONS.values() for command in section
}

EXIT_CODES: Final = (
    ("0", "success"),
    ("1", "something failed"),
    ("2", "wrong usage, or a graph that is not valid"),
    ("3", "blocked by a policy"),
    ("4, 5", "'verify' alone: the file was altered, or is not signed"),
    ("130", "stopped by you; the same command goes on where it stopped"),
)
