from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _key_in_a_drawer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_IDENTITY", "nobody")


def test_a_key_that_is_away_is_told_before_anything_is_computed(cli, tmp_path) -> None:
    assert cli("new", "--template", "minimal", "my.reel").exit_code == 0
    result = cli("run", "my.reel", "--json")
    assert result.exit_code == 2
    assert "No package offers the identity 'nobody'" in result.stderr
    assert result.stdout == ""
    result = cli("demo", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "out").exists()


def test_what_is_released_is_always_signed(cli) -> None:
    assert cli("new", "--template", "strict", "my.reel").exit_code == 0
    assert "'nobody'" in cli("run", "my.reel").stderr


def test_a_graph_that_signs_nothing_needs_no_key(cli, talk) -> None:
    assert cli("run", talk).exit_code == 0


def test_what_is_not_asked_for_need_not_be_signed(cli) -> None:
    assert cli("new", "--template", "minimal", "my.reel").exit_code == 0
    assert cli("run", "my.reel", "--only", "prompt").exit_code == 0
