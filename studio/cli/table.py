"""The commands as data: what `--help` and completion show without importing any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Command:
    """One command: its name, what it does, and where its function or Typer app is.

    `extra` is the optional group of packages that it needs, if any.
    """

    name: str
    target: str
    help: str
    extra: str = ""


def _command(name: str, help: str, extra: str = "") -> Command:
    return Command(name, f"studio.cli.commands.{name}:{name}", help, extra)


def _on_cluster(name: str, help: str) -> Command:
    return _command(name, help, "cluster")


SECTIONS: Final[Mapping[str, tuple[Command, ...]]] = {
    "Make videos": (
        _command("studio", "Open the desktop studio.", "studio"),
        _command("demo", "Make a video from a prompt, with the model that ships."),
        _command("run", "Run a graph, or the graph inside a video."),
        _command("estimate", "What a graph will need: memory, time, cost."),
        _command("benchmark", "How fast a model is here, stage by stage."),
    ),
    "Work on graphs": (
        _command("new", "Begin a graph from a template."),
        _command("show", "What is in a graph, or in a video's graph."),
        _command("validate", "Find every problem of a graph without running it."),
        _command("upgrade", "Bring a graph to the newest node versions."),
        _command("nodes", "The nodes there are, and how to use one."),
    ),
    "Work on a cluster": (
        _on_cluster("submit", "Queue a graph on a cluster and return at once."),
        _on_cluster("jobs", "What is queued, running and done; pause, resume, move, retry."),
        _on_cluster("watch", "Follow what happens, as it happens."),
        _on_cluster("cancel", "Stop jobs at their next step."),
        _on_cluster("fetch", "Bring the files of finished jobs here."),
        _on_cluster("agents", "The machines of a cluster and what they are doing."),
        _on_cluster("drain", "Give an agent no more work."),
    ),
    "Be a cluster": (
        _on_cluster("agent", "Work for a cluster; with --solo, be one alone."),
        _on_cluster("broker", "Hold the queue of a cluster."),
        _on_cluster("keys", "Keys: your own, those you trust, pairing with a server."),
    ),
    "Look after things": (
        _command("models", "List, describe and fetch models."),
        _command("verify", "Who made this file, and was it altered?"),
        _command("ledger", "What was signed, for files that lost their signature."),
        _command("trust", "Lists of who vouches for signers and for times."),
        _command("audit", "What was exported and blocked here, and was that record altered?"),
        _command("takedown", "Requests to take material down, and what they block."),
        _command("faces", "Protected persons, whose faces no video may show."),
        _command("calibrate", "Measure a classifier of your own on your own examples."),
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
    ("4, 5", "'verify' and 'audit verify' alone: altered, or not signed"),
    ("6", "'verify' alone: intact, but made from an altered file"),
    ("130", "stopped by you; the same command goes on where it stopped"),
)
