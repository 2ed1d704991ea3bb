from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def old(write_graph) -> Path:
    path: Path = write_graph({"n": ("toy.count", {"number": 7})})
    path.write_text(path.read_text().replace('"version": 2', '"version": 1'))
    return path


def test_an_old_graph_is_upgraded_in_its_place_and_says_what_changed(cli, old) -> None:
    before = old.read_bytes()
    result = cli("upgrade", old)
    assert result.exit_code == 0
    assert result.stdout == "Node 'n' (toy.count) went from version 1 to 2.\n"
    node = json.loads(old.read_text())["nodes"]["n"]
    assert node == {"type": "toy.count", "version": 2, "params": {"value": 7}}
    assert old.with_name("graph.reel.bak").read_bytes() == before


def test_a_backup_is_never_overwritten(cli, old) -> None:
    old.with_name("graph.reel.bak").write_text("precious")
    assert cli("upgrade", old).exit_code == 0
    assert old.with_name("graph.reel.bak").read_text() == "precious"
    assert old.with_name("graph.reel.bak2").exists()


def test_a_graph_that_is_new_enough_is_left_alone(cli, talk) -> None:
    before = talk.stat().st_mtime_ns
    result = cli("upgrade", talk)
    assert result.exit_code == 0
    assert "is up to date" in result.stderr
    assert talk.stat().st_mtime_ns == before
    assert not talk.with_name("talk.reel.bak").exists()


def test_a_damaged_graph_is_left_alone(cli, old) -> None:
    old.write_text("{")
    assert cli("upgrade", old).exit_code == 2
    assert [file.name for file in old.parent.iterdir()] == ["graph.reel"]


def test_the_graph_inside_a_video_is_not_changed(cli) -> None:
    result = cli("upgrade", "film.mp4")
    assert result.exit_code == 2
    assert "cannot be changed" in result.stderr
