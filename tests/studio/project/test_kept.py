"""Small files of ours: whatever they hold, the studio starts, says so once, and loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput, StorageFailed
from studio.project.kept import DAMAGED
from studio.project.recent import RecentFiles, missing
from studio.project.sessions import Session, Tab, encoded, load_session, save_session
from studio.project.settings import PAGES, Preferences, Settings, fields_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = st.sampled_from([*Settings.model_fields, "files", "tabs", "active", "geometry"])
UNHURRIED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "studio" / "file.json"


def test_preferences_are_kept(path: Path) -> None:
    heard: list[object] = []
    preferences = Preferences(path)
    preferences.changed.connect(lambda before, after: heard.append((before.theme, after.theme)))
    preferences.set(theme="light", shortcuts={"edit.undo": ("Ctrl+Z",)})
    assert heard == [("dark", "light")]
    again = Preferences(path)
    assert again.problem == ""
    assert again.current.theme == "light"
    assert again.current.shortcuts == {"edit.undo": ("Ctrl+Z",)}
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_what_differs_from_the_defaults_is_written(path: Path) -> None:
    Preferences(path).set(volume=30)
    assert json.loads(path.read_text()) == {"volume": 30}


def test_setting_what_is_so_already_writes_nothing(path: Path) -> None:
    Preferences(path).set(theme="dark")
    assert not path.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [({"volume": 101}, "'Volume'"), ({"theme": "pink"}, "'Theme'"), ({"them": 1}, "no setting")],
)
def test_a_bad_value_is_refused_and_changes_nothing(path: Path, values, words) -> None:
    preferences = Preferences(path)
    with pytest.raises(InvalidInput, match=words):
        preferences.set(**values)
    assert preferences.current == Settings()


def test_resetting_forgets_everything_but_the_welcome(path: Path) -> None:
    preferences = Preferences(path)
    preferences.set(theme="light", welcomed=True)
    preferences.reset()
    assert preferences.current == Settings(welcomed=True)


def test_a_damaged_file_is_one_sentence_defaults_and_kept_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"theme": "light"')
    preferences = Preferences(path)
    assert preferences.current == Settings()
    assert preferences.problem == (
        "The preferences could not be read, so they are as new; "
        f"the file is kept as '{path}{DAMAGED}'."
    )
    assert Path(f"{path}{DAMAGED}").read_text() == '{"theme": "light"'
    assert Preferences(path).problem == ""


def test_one_bad_value_costs_only_itself(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"theme": "light", "volume": "loud", "later": 1}')
    preferences = Preferences(path)
    assert preferences.current == Settings(theme="light")
    assert "'volume' cannot be used" in preferences.problem


def test_a_place_that_cannot_be_written_is_told_and_the_choice_holds(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    preferences = Preferences(tmp_path / "file" / "settings.json")
    with pytest.raises(StorageFailed):
        preferences.set(theme="light")
    assert preferences.current.theme == "light"


def test_every_setting_on_a_page_has_a_label_and_help() -> None:
    shown = [name for page in PAGES for name in fields_of(page)]
    assert len(shown) > 10
    for name in shown:
        field = Settings.model_fields[name]
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name


@UNHURRIED
@given(content=st.binary(max_size=200) | st.dictionaries(NAMES, JSON).map(json.dumps))
def test_whatever_a_file_holds_there_are_settings_files_and_a_session(
    tmp_path_factory, content
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file.json"
    for read in (Preferences, RecentFiles, load_session):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        kept = read(path)
        assert "\n" not in kept.problem
        assert read(path).problem == "" or not path.exists()


def test_recent_files_come_newest_first_once_and_no_more_than_wanted(path: Path) -> None:
    recent = RecentFiles(path, most=3)
    for time, name in enumerate("abcdb"):
        recent.add(Path(f"/x/{name}.reel"), now=time)
    assert [file.name for file in recent.files] == ["b", "d", "c"]
    again = RecentFiles(path, most=3)
    assert again.files == recent.files
    again.remove("/x/d.reel")
    assert [file.name for file in again.files] == ["b", "c"]
    again.clear()
    assert RecentFiles(path).files == ()


def test_recent_files_know_what_runs_call_their_documents(path: Path) -> None:
    recent = RecentFiles(path)
    recent.add(Path("/x/a.reel"), now=1, document="abc")
    again = RecentFiles(path)
    assert again.document_at(Path("/x/a.reel")) == "abc"
    assert again.document_at(Path("/x/b.reel")) == ""


def test_recent_files_that_are_gone_are_known(path: Path, tmp_path: Path) -> None:
    recent = RecentFiles(path)
    here = tmp_path / "here.reel"
    here.touch()
    recent.add(here, now=1)
    recent.add(tmp_path / "gone.reel", now=2)
    assert missing(recent.files) == {str(tmp_path / "gone.reel")}


def test_folders_are_shown_from_home(path: Path) -> None:
    recent = RecentFiles(path)
    recent.add(Path.home() / "films" / "a.reel", now=1)
    assert recent.files[0].folder == "~/films"


def test_how_the_window_stood_is_kept(path: Path) -> None:
    session = Session(
        tabs=(Tab(path="/x/a.reel", zoom=0.5, center=(1, 2), trail=("up",)),),
        active=0,
        geometry=encoded(b"\x00\xff"),
    )
    save_session(session, path)
    kept = load_session(path)
    assert kept.value == session
    assert kept.value.geometry_bytes == b"\x00\xff"
