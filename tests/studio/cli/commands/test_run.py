from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def events(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_run_names_its_files_on_standard_output_and_nothing_else(cli, talk) -> None:
    result = cli("run", talk)
    assert result.exit_code == 0
    assert result.stdout == "out/words.txt\n"
    assert "✓ write  out/words.txt  (5 bytes, signed)" in result.stderr
    assert "2 nodes computed" in result.stderr
    assert Path("out/words.txt").read_text() == "hello"


def test_plain_results_are_named_with_their_node(cli, write_graph) -> None:
    graph = write_graph(
        {"n": ("toy.count", {"value": 20}), "sum": ("toy.add", {})},
        "n.result > sum.first",
        "n.result > sum.second",
    )
    assert cli("run", graph).stdout == "sum.result = 40\n"


def test_settings_win_over_values_and_a_sweep_over_both(cli, talk, tmp_path) -> None:
    values = tmp_path / "values.toml"
    values.write_text('text = "values"\n[say]\nloud = true\n[write]\nname = "v.txt"\n')
    cli("run", talk, "--values", values)
    assert Path("out/v.txt").read_text() == "VALUES"
    cli("run", talk, "--values", values, "--set", "text=set")
    assert Path("out/v.txt").read_text() == "SET"
    cli("run", talk, "--values", values, "--set", "text=set", "--sweep", "text=swept")
    assert Path("out/v.txt").read_text() == "SWEPT"


def test_a_sweep_runs_every_combination_and_says_which(cli, talk) -> None:
    result = cli(
        "run", talk, "--sweep", "write.name=a,b", "--sweep", "say.loud=true,false", "--out", "o"
    )
    assert result.exit_code == 0
    assert "1 of 4:  write.name=a  say.loud=true" in result.stderr
    assert "4 of 4:  write.name=b  say.loud=false" in result.stderr
    assert result.stdout.splitlines() == ["o/a", "o/a", "o/b", "o/b"]


def test_a_sweep_is_checked_whole_before_anything_runs(cli, write_graph) -> None:
    graph = write_graph({"n": ("toy.count", {}), "w": ("toy.say", {})})
    result = cli("run", graph, "--sweep", "n.value=99..101")
    assert result.exit_code == 2
    assert "Cannot set 'n.value': it must be from 0 to 100 toys, not 101." in result.stderr
    assert "of 3" not in result.stderr
    assert result.stdout == ""


def test_a_sweep_over_a_graph_with_errors_does_not_begin(cli, write_graph) -> None:
    graph = write_graph({"n": ("toy.count", {}), "sum": ("toy.add", {})})
    result = cli("run", graph, "--sweep", "n.value=1..3")
    assert result.exit_code == 2
    assert "of 3" not in result.stderr


def test_only_the_wanted_node_and_what_it_needs_is_run(cli, talk) -> None:
    result = cli("run", talk, "--only", "say")
    assert result.exit_code == 0
    assert result.stdout == "say.result = hello\n"
    assert not Path("out").exists()


def test_an_unknown_node_in_only_is_answered_with_the_one_that_was_meant(cli, talk) -> None:
    result = cli("run", talk, "--only", "writ")
    assert result.exit_code == 2
    assert "'writ'" in result.stderr
    assert "Did you mean 'write'?" in result.stderr


def test_json_prints_every_event_and_nothing_else(cli, talk) -> None:
    result = cli("run", talk, "--json")
    found = events(result.stdout)
    assert [event["kind"] for event in found] == [
        "run_started",
        "node",
        "node",
        "node",
        "wrote",
        "node",
        "run_ended",
    ]
    assert found[-1]["outcome"] == "succeeded"
    assert result.stderr == ""


def test_json_says_which_run_of_a_sweep_the_events_are_of(cli, talk) -> None:
    found = events(cli("run", talk, "--json", "--sweep", "text=a,b").stdout)
    assert [event for event in found if event["kind"] == "variation"] == [
        {"kind": "variation", "index": 1, "total": 2, "settings": {"text": "a"}},
        {"kind": "variation", "index": 2, "total": 2, "settings": {"text": "b"}},
    ]


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("politely", 1, "error: Node 'b': The toy is too small. Take a larger one.\n"),
        ("by policy", 3, "error: The word 'x' is forbidden here. Use another.\n"),
    ],
)
def test_a_failing_node_is_named_and_spoils_no_other_branch(
    cli, write_graph, how: str, code: int, message: str
) -> None:
    graph = write_graph({"b": ("toy.break", {"how": how}), "n": ("toy.count", {"value": 3})})
    result = cli("run", graph)
    assert result.exit_code == code
    assert result.stderr == message
    assert result.stdout == "n.result = 3\n"


def test_a_node_that_breaks_by_surprise_leaves_its_trace_in_the_log(
    cli, write_graph, tmp_path
) -> None:
    result = cli("run", write_graph({"b": ("toy.break", {})}))
    log = tmp_path / "state" / "logs" / "reelwright.log"
    assert result.exit_code == 1
    assert "error: Node 'b': ZeroDivisionError: a toy broke." in result.stderr
    assert str(log) in result.stderr
    assert "Traceback" in log.read_text()


def test_what_libraries_warn_about_goes_to_the_log(cli, write_graph, tmp_path) -> None:
    graph = write_graph({"b": ("toy.break", {"how": "its promise to be quiet"})})
    done = cli.process("run", graph)
    log = tmp_path / "state" / "logs" / "reelwright.log"
    assert done.returncode == 0
    assert "old" not in done.stderr
    assert "This toy is old." in log.read_text()


def test_what_a_node_wants_to_tell_is_told(cli, talk) -> None:
    result = cli("run", talk, "--set", "text=a zebra")
    assert "! say    The word 'zebra' is not known and is left out." in result.stderr


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_the_run_within_a_step_and_says_how_to_go_on(
    cli, write_graph, number: str
) -> None:
    graph = write_graph(
        {"s": ("toy.steps", {"interrupt_after": 7, "steps": 10_000_000, "signal": number})}
    )
    result = cli("run", graph)
    assert result.exit_code == 130
    assert "Stopping after this step; the same command will go on from there." in result.stderr
    assert "To go on, run the same command again." in result.stderr
    assert "error" not in result.stderr


def test_stopping_a_sweep_stops_all_of_it(cli, write_graph) -> None:
    graph = write_graph({"s": ("toy.steps", {"steps": 10_000_000, "interrupt_after": 3})})
    result = cli("run", graph, "--json", "--sweep", "s.steps=1000000..1000002")
    kinds = [event["kind"] for event in events(result.stdout)]
    assert result.exit_code == 130
    assert kinds.count("run_ended") == 1


def test_a_second_signal_ends_even_a_node_that_does_not_listen(cli, write_graph) -> None:
    graph = write_graph({"s": ("toy.steps", {"interrupt_after": 1, "stubborn": True})})
    assert cli.process("run", graph).returncode == 130


def test_a_run_whose_reader_goes_away_stops_quietly(cli, write_graph) -> None:
    graph = write_graph({"s": ("toy.steps", {"steps": 10_000_000})})
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", "run", graph, "--json"],
        env=dict(cli.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert json.loads(process.stdout.readline())["kind"] == "run_started"
        process.stdout.close()
        assert process.stderr.read() == ""


def test_an_output_folder_that_is_a_file_is_refused_before_anything_runs(cli, talk) -> None:
    Path("taken").write_text("mine")
    result = cli("run", talk, "--out", "taken/below")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: '")
    assert "taken' is a file. Choose a folder with --out." in result.stderr
    assert Path("taken").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_folder_that_cannot_be_written_is_refused(cli, talk) -> None:
    Path("locked").mkdir(mode=0o555)
    result = cli("run", talk, "--out", "locked/out")
    assert result.exit_code == 1
    assert "cannot be written. Choose another folder with --out." in result.stderr


def test_a_state_folder_that_cannot_be_made_is_refused_before_anything_runs(
    cli, talk, tmp_path, monkeypatch
) -> None:
    Path("taken").write_text("")
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "taken" / "state"))
    result = cli("run", talk)
    assert result.exit_code == 1
    assert "Name another folder in REELWRIGHT_STATE." in result.stderr
    assert not Path("out").exists()


def test_two_wrong_settings_are_both_named(cli, talk) -> None:
    result = cli("run", talk, "--set", "say.tone=sad", "--set", "txet=x")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: Cannot set 'say.tone': it must be one of kind, cross, not 'sad'.\n"
        "       Cannot set 'txet': there is no such name. Did you mean 'text'?\n"
    )


def test_a_video_without_a_graph_is_refused(cli, tmp_path) -> None:
    import av
    import numpy as np

    video = tmp_path / "plain.mp4"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    result = cli("run", video)
    assert result.exit_code == 2
    assert "plain.mp4' carries no graph." in result.stderr


def test_a_video_runs_the_graph_that_it_carries(cli, talk, tmp_path) -> None:
    import av
    import numpy as np

    from engine.media.embed import DOCUMENT_KEY

    video = tmp_path / "talk.mkv"
    with av.open(str(video), "w") as container:
        container.metadata[DOCUMENT_KEY] = talk.read_text()
        stream = container.add_stream("mpeg4", rate=8)
        stream.width = stream.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert cli("run", video, "--set", "text=again").exit_code == 0
    assert Path("out/words.txt").read_text() == "again"
    assert json.loads(cli("show", video, "--json").stdout)["exposed"].keys() == {"text"}
