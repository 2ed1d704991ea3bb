"""Starting from the command line: what is said where the window's packages are missing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from studio.app.main import _end_on_signals, since_start
from studio.cli import extras
from studio.cli.main import app


@pytest.mark.parametrize("missing", ["PySide6", "psygnal"])
def test_without_its_packages_it_says_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look: Callable[[str], object] = lambda name: None if name == missing else find_spec(name)  # noqa: E731
    monkeypatch.setattr(extras, "find_spec", look)
    result = CliRunner().invoke(app, ["studio"])
    assert result.exit_code == 2
    assert f"needs the package '{missing}'" in result.output
    assert "pip install 'reelwright[studio]'" in result.output.replace("\n", " ")


def test_the_command_hands_on_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, bool]] = []

    def run(paths: object, measure: bool) -> int:
        given.append((paths, measure))
        return 0

    monkeypatch.setattr("studio.app.main.run", run)
    assert CliRunner().invoke(app, ["studio", "a.reel", "b.mp4"]).exit_code == 0
    assert given == [([Path("a.reel"), Path("b.mp4")], False)]


def test_the_time_since_the_start_of_the_process_grows() -> None:
    first = since_start()
    assert 0 < first <= since_start()


def test_an_end_from_outside_asks_nothing() -> None:
    did: list[str] = []

    class Fake:
        def __getattr__(self, name: str) -> Callable[[], None]:
            return lambda: did.append(name)

    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(name) for name in names]
    try:
        _end_on_signals(Fake(), Fake())  # type: ignore[arg-type]  # both only do as they are told
        for name in names:
            signal.raise_signal(name)
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
    assert did == ["abandon", "exit"] * 2  # to quit would be to close the window, which asks
