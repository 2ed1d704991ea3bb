"""The studio as a person has it: a real screen, real keys, a real run, files that are there after.

The program is started as a process on a virtual screen and driven from outside; nothing of it is
imported.  Skips where the screen or the hands cannot be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.graph.document import load_document

TOOLS = ("Xvfb", "xdotool")
PATIENCE = 60.0

pytestmark = [
    pytest.mark.skipif(
        not all(map(shutil.which, TOOLS)), reason=f"needs {' and '.join(TOOLS)}: a screen and hands"
    ),
    pytest.mark.timeout(240),
]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A screen of its own, and the environment of a user who never started the studio."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", "1280x800x24"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    folders = {"REELWRIGHT_CONFIG": "config", "REELWRIGHT_STATE": "state", "HOME": "home"}
    own = {name: str(tmp_path / folder) for name, folder in folders.items()}
    (tmp_path / "home").mkdir()
    try:
        yield kept | own | {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


class Hands:
    """Keys for the window that is in front, and eyes for its title."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def press(self, *keys: str) -> None:
        self._do("key", "--clearmodifiers", *keys)

    def write(self, text: str) -> None:
        self._do("type", "--delay", "5", text)

    def find(self, title: str) -> str | None:
        """The window whose title holds this, brought to where keys go."""
        found = self._do("search", "--onlyvisible", "--name", title).split()
        if not found:
            return None
        self._do("windowfocus", found[-1])
        return self._do("getwindowname", found[-1]).strip()

    def await_window(self, title: str) -> None:
        try:
            wait(lambda: self.find(title) is not None, f"a window called '{title}'")
        except AssertionError:
            there = self._do("search", "--onlyvisible", "--name", ".").split()
            titles = [self._do("getwindowname", each).strip() for each in there]
            raise AssertionError(f"no window called '{title}' but {titles}") from None

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, check=False
        )
        return done.stdout


def wait(what: Callable[[], bool], name: str) -> None:
    """Until something is so; a screen has no better way to tell."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, f"waited in vain for {name}"
        time.sleep(0.05)


@contextmanager
def studio(environment: dict[str, str], *files: Path) -> Iterator[subprocess.Popen[str]]:
    """The program, until it ended by itself."""
    command = [sys.executable, "-m", "studio", "studio", *map(str, files)]
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, cwd=environment["HOME"]
    )
    try:
        yield process
        said = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 0, said
        assert "Traceback" not in said, said
    except AssertionError as error:
        ended = process.poll()
        process.kill()
        said = process.communicate()[1]
        raise AssertionError(f"{error}; it ended with {ended} and said: {said}") from None
    finally:
        process.kill()


def made(environment: dict[str, str]) -> list[Path]:
    videos = Path(environment["HOME"]).rglob("*.mp4")
    return sorted(videos, key=lambda video: video.stat().st_mtime_ns)


def test_a_first_video_is_made_changed_saved_and_opened_again(
    screen: dict[str, str], tmp_path: Path
) -> None:
    hands, graph = Hands(screen), tmp_path / "stars.reel"
    with studio(screen):
        hands.await_window("Reelwright")
        hands.press("ctrl+a")
        hands.write("two purple stars drifting up at night")
        hands.press("Return")
        wait(lambda: len(made(screen)) == 1, "the first video")
        hands.await_window("A first video")
        hands.press("ctrl+e")
        hands.press("ctrl+a")
        hands.write("a green cube falling into the sea")
        hands.press("ctrl+Return")
        wait(lambda: len(made(screen)) == 2, "the second video")
        hands.press("ctrl+s")
        hands.await_window("Save graph")
        hands.press("ctrl+a")
        hands.write(str(graph))
        hands.press("Return")
        wait(graph.is_file, "the saved graph")
        hands.await_window("stars")
        hands.press("ctrl+q")
    document = load_document(graph)
    assert document.nodes["prompt"].params["text"] == "a green cube falling into the sea"
    with studio(screen, made(screen)[0]):
        hands.await_window("A first video|demo")
        hands.press("ctrl+shift+s")
        hands.await_window("Save graph")
        hands.press("ctrl+a")
        hands.write(str(tmp_path / "again.reel"))
        hands.press("Return")
        wait((tmp_path / "again.reel").is_file, "the graph out of the video")
        hands.await_window("again")
        hands.press("ctrl+q")
    again = load_document(tmp_path / "again.reel")
    assert again.nodes["prompt"].params["text"] == "two purple stars drifting up at night"
