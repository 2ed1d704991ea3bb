"""The root command: help, versions, wrong usage, surprises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from studio.cli.table import COMMANDS, EXIT_CODES

HEAVY = ("torch", "diffusers", "transformers", "cv2", "av", "PySide6", "numpy", "networkx")
LOADED = (
    "import sys\n"
    "from studio.cli.main import main\n"
    "try:\n    main({arguments!r})\n"
    "except SystemExit as end:\n    assert end.code == 0, end.code\n"
    "print('LOADED', *(name for name in {names!r} if name in sys.modules))"
)


def loaded_by(cli, names: tuple[str, ...], *arguments: object) -> list[str]:
    """Which of these modules a command leaves in sys.modules, in a process of its own."""
    script = LOADED.format(arguments=[str(it) for it in arguments], names=names)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=dict(cli.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.rpartition("LOADED")[2].split()


def test_help_lists_every_command_and_every_exit_code(cli) -> None:
    result = cli("--help")
    assert result.exit_code == 0
    for name, command in COMMANDS.items():
        assert name in result.output
        assert command.help in result.output
    width = max(map(len, COMMANDS)) + 2
    for code, meaning in EXIT_CODES:
        assert f"{code:{width}}{meaning}" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli, name: str) -> None:
    result = cli(name, "--help")
    assert result.exit_code == 0
    assert f"{name} [OPTIONS]" in result.output


def test_help_imports_no_command_and_nothing_heavy(cli) -> None:
    commands = tuple(command.target.partition(":")[0] for command in COMMANDS.values())
    assert loaded_by(cli, (*HEAVY, *commands, "pydantic", "rich.console"), "--help") == []


@pytest.mark.parametrize("arguments", [["nodes"], ["nodes", "toy.count", "--json"]])
def test_describing_nodes_imports_nothing_heavy(cli, arguments: list[str]) -> None:
    assert loaded_by(cli, HEAVY, *arguments) == []


def test_validating_imports_nothing_heavy(cli, talk) -> None:
    assert loaded_by(cli, HEAVY, "validate", talk) == []


def test_the_version_is_told(cli) -> None:
    result = cli("--version")
    assert result.exit_code == 0
    assert result.output.startswith("reelwright ")


def test_an_unknown_command_is_answered_with_the_one_that_was_meant(cli) -> None:
    result = cli("valdiate")
    assert result.exit_code == 2
    assert "There is no command 'valdiate'. Did you mean 'validate'?" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "a.reel", "b.reel"], ["run", "--no-such-option"], []]
)
def test_wrong_usage_ends_with_2(cli, arguments: list[str]) -> None:
    assert cli(*arguments).exit_code == 2


def test_a_surprise_is_one_sentence_and_its_trace_is_in_the_log(cli, tmp_path, monkeypatch) -> None:
    def broken(path: object) -> None:
        raise KeyError("unheard of")

    monkeypatch.setattr("studio.cli.commands.validate.open_graph", broken)
    result = cli("validate", "graph.reel")
    log = tmp_path / "state" / "logs" / "reelwright.log"
    assert result.exit_code == 1
    assert "This should not have happened: KeyError: 'unheard of'." in result.stderr
    assert str(log) in result.stderr
    assert "Traceback" in log.read_text()


def test_a_surprise_where_nothing_can_be_kept_is_still_one_sentence(
    cli, tmp_path, monkeypatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "file" / "state"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file" / "temp"))
    monkeypatch.setattr("studio.cli.commands.validate.open_graph", lambda path: 1 / 0)
    result = cli("validate", "graph.reel")
    assert result.exit_code == 1
    assert result.stderr.rstrip().endswith("ZeroDivisionError: division by zero.")


def test_a_reader_that_goes_away_is_no_error(cli) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "studio", "nodes"],
        env=dict(cli.environment),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""


def test_nothing_is_coloured_where_nobody_looks(cli, talk) -> None:
    done = cli.process("validate", talk, NO_COLOR="")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("reelwright ver", ["verify"]),
        ("reelwright nodes toy.sa", ["toy.sample", "toy.say"]),
        ("reelwright run talk.reel --set s", ["say.text=", "say.loud=", "say.tone="]),
        ("reelwright run talk.reel --only w", ["write"]),
        ("reelwright run nothing.reel --set s", []),
        ("reelwright models info sta", ["starter", "starter-turbo"]),
    ],
)
def test_the_shell_is_offered_what_fits(cli, talk, line: str, offered: list[str]) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    done = cli.process(**words, _REELWRIGHT_COMPLETE="complete_bash")
    assert sorted(done.stdout.split()) == sorted(offered)
