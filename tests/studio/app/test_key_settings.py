"""Keys that the user changed: kept as differences, with conflicts, and safe from damage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from studio.app.key_settings import KeySettings
from studio.project.settings import Preferences


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def keys(path: Path) -> KeySettings:
    return KeySettings(Preferences(path))


def test_only_differences_are_kept(keys: KeySettings, path: Path) -> None:
    keys.set("canvas.layout", ("Ctrl+L",))
    kept = json.loads(path.read_text())
    assert kept == {"shortcuts": {"canvas.layout": ["Ctrl+L"]}}
    assert KeySettings(Preferences(path)).keys["canvas.layout"] == ("Ctrl+L",)


def test_the_presets_own_key_is_no_difference(keys: KeySettings) -> None:
    keys.set("canvas.layout", ("Ctrl+L",))
    keys.set("canvas.layout", ("L",))
    assert not keys.is_own("canvas.layout")


def test_a_conflict_is_known_at_once(keys: KeySettings) -> None:
    keys.set("canvas.layout", ("F",))
    assert keys.conflicts[0].commands == ("canvas.layout", "view.frame_selection")
    keys.reset("canvas.layout")
    assert keys.conflicts == ()


def test_what_the_user_chose_survives_another_preset(keys: KeySettings) -> None:
    keys.set("canvas.layout", ("Ctrl+L",))
    keys.use_preset("nuke")
    assert keys.keys["canvas.layout"] == ("Ctrl+L",)
    assert keys.keys["canvas.leave"] == ("Ctrl+Up", "U")
    keys.reset()
    assert keys.keys["canvas.layout"] == ("L",)


def test_a_command_that_is_gone_is_passed_over(path: Path) -> None:
    path.write_text(json.dumps({"shortcuts": {"canvas.dance": ["F"]}}))
    assert KeySettings(Preferences(path)).conflicts == ()


def test_an_unknown_command_is_refused(keys: KeySettings) -> None:
    with pytest.raises(InvalidInput, match="no command"):
        keys.set("canvas.dance", ("F",))


@pytest.mark.parametrize("text", ["{", "[]", '{"shortcuts": 5}', '{"shortcuts": {"a": 1}}'])
def test_a_damaged_file_is_one_sentence_and_the_first_keys(path: Path, text: str) -> None:
    path.write_text(text)
    preferences = Preferences(path)
    assert preferences.problem.endswith(".")
    assert KeySettings(preferences).keys["canvas.layout"] == ("L",)


def test_listeners_hear_of_a_change(keys: KeySettings) -> None:
    heard: list[bool] = []
    keys.changed.connect(lambda: heard.append(True))
    keys.set("canvas.layout", ("Ctrl+L",))
    assert heard == [True]
