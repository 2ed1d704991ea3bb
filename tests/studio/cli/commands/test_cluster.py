"""A cluster of this computer alone, used as its user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.cli import extras
from tests.cluster_agent.waiting import wait_for
from tests.studio.cli.conftest import Cli, GraphWriter

LATE = 120.0


@pytest.fixture
def cluster(cli: Cli, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`reelwright agent --solo` in a process of its own; ends as with Ctrl-C."""
    anywhere = "tcp://127.0.0.1:0"
    command = ["agent", "--solo", "--name", "box", "--listen", anywhere, "--blobs", anywhere]
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", *command],
        env={
            **cli.environment,
            **{key: value for key, value in os.environ.items() if key.startswith("REELWRIGHT_")},
            "OMP_NUM_THREADS": "1",
        },
        stderr=subprocess.PIPE,
    )
    servers = tmp_path / "config" / "cluster" / "servers.toml"
    try:
        wait_for(servers.is_file, "the cluster never came up")
        wait_for(lambda: "online" in cli("agents").stdout, "its agent never came up")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            _, said = process.communicate(timeout=LATE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, said


@pytest.fixture
def graph(write_graph: GraphWriter) -> Path:
    return write_graph(
        {"say": ("toy.say", {"text": "from afar"}), "write": ("toy.write", {})},
        "say.result > write.words",
    )


@pytest.mark.usefixtures("cluster")
def test_a_graph_is_queued_followed_and_its_files_are_fetched(cli: Cli, graph: Path) -> None:
    job = cli("submit", graph, "--label", "my words", "--key", "once").stdout.strip()
    assert job == "j1"
    assert cli("submit", graph, "--key", "once").stdout.strip() == job, "nothing new is queued"
    watched = cli("watch", job)
    assert watched.exit_code == 0, watched.output
    assert watched.stdout.splitlines()[-1] == "j1  completed"
    assert "my words" in cli("jobs").stdout
    (told,) = json.loads(cli("jobs", "show", job, "--json").stdout)
    assert (told["state"], told["agent"]) == ("COMPLETED", "box")
    assert cli("fetch", job, "--out", "here").stdout == "here/words.txt\n"
    assert Path("here/words.txt").read_text() == "from afar"

    ran = cli("run", graph, "--on", "here", "--set", "say.text=again", "--out", "there")
    assert ran.exit_code == 0, ran.output
    assert Path("there/words.txt").read_text() == "again"

    assert cli("cancel", job).stdout == "j1  completed\n", "what has ended stays as it is"
    assert cli("jobs", "show", "j99").exit_code == 2
    assert cli("drain", "box").exit_code == 0
    assert "draining" in cli("agents").stdout
    assert "1 of 1 at work" not in cli("doctor", "--on", "here").stdout


@pytest.mark.usefixtures("cluster")
def test_a_graph_that_fails_there_fails_here_with_its_sentence(
    cli: Cli, write_graph: GraphWriter
) -> None:
    politely = write_graph({"b": ("toy.break", {"how": "politely"})})
    ran = cli("run", politely, "--on", "here")
    assert ran.exit_code == 1, ran.output
    assert "The toy is too small" in ran.stderr
    forbidden = write_graph({"b": ("toy.break", {"how": "by policy"})})
    ran = cli("run", forbidden, "--on", "here")
    assert ran.exit_code == 3, ran.output
    assert "'x' is forbidden" in ran.stderr


@pytest.mark.parametrize("kind", [["--solo"], ["--on", "box"]])
def test_no_agent_works_without_the_takedowns_it_was_given(
    cli: Cli, kind: list[str], tmp_path: Path
) -> None:
    key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    assert cli("keys", "server", "box", "tcp://127.0.0.1:9", key).exit_code == 0
    missing = tmp_path / "missing.json"
    result = cli("agent", *kind, "--takedowns", missing, "--folder", tmp_path / "work")
    assert result.exit_code == 1
    assert f"'{missing}' cannot be read" in " ".join(result.stderr.split())


def test_no_cluster_is_known_and_what_to_do(cli: Cli, graph: Path) -> None:
    for command in (["jobs"], ["submit", graph], ["agents"]):
        result = cli(*command)
        assert result.exit_code == 2
        assert "No cluster is known here" in result.stderr
        assert "agent --solo" in result.stderr


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    cli: Cli, graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(extras.PACKAGES, "cluster", ("no_such_package",))
    for command in (["jobs"], ["submit", graph], ["run", graph, "--on", "x"], ["keys", "show"]):
        result = cli(*command)
        assert result.exit_code == 2
        assert "'no_such_package', which is not installed" in result.stderr
        assert "pip install 'reelwright[cluster]'" in result.stderr
    assert cli("jobs", "--help").exit_code == 0


def test_keys_are_made_trusted_shown_and_forgotten(cli: Cli) -> None:
    own = cli("keys", "new").stdout.strip()
    assert len(own) == 40
    assert cli("keys", "new").stdout.strip() == own, "there is one, and it is kept"
    other = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    assert cli("keys", "trust", other, "--user", "ada", "--role", "submit").exit_code == 0
    assert cli("keys", "server", "lab", "tcp://lab:7711", other).exit_code == 0
    shown = cli("keys", "show").stdout
    assert own in shown
    assert "ada" in shown
    assert "tcp://lab:7711" in shown
    assert cli("keys", "trust", "short", "--user", "ada").exit_code == 2
    assert cli("keys", "trust", other, "--user", "ada", "--role", "king").exit_code == 2
    assert cli("keys", "forget", other).exit_code == 0
    assert "ada" not in cli("keys", "show").stdout
    assert cli("keys", "forget", other).exit_code == 2


def test_units_run_the_command_that_was_typed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "agent", "--on", "lab", "--unit"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "agent --on lab" in done.stdout
    assert "--unit" not in done.stdout
