"""Pictures of the studio as people see it: `python -m tests.studio.pictures FOLDER [WIDTH HEIGHT]`.

Starts the real window without a screen, opens a template, runs it with the starter model in the
real child process, and keeps what is seen on the way, in both themes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from studio.app.studio import Studio

PATIENCE = 90.0


def main(folder: Path, width: int, height: int) -> None:
    """Take every picture, in a configuration and a state that nobody used before."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["REELWRIGHT_CONFIG"] = f"{scratch}/config"
        os.environ["REELWRIGHT_STATE"] = f"{scratch}/state"
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.chdir(scratch)
        from PySide6.QtWidgets import QApplication

        app = QApplication(["pictures"])
        Album(app, folder, width, height).take()


class Album:
    """One window, and the pictures taken of it."""

    def __init__(self, app: QApplication, folder: Path, width: int, height: int) -> None:
        from studio.app.studio import Studio
        from studio.project.settings import Preferences

        self.app = app
        self.folder = folder
        preferences = Preferences()
        preferences.set(output=str(Path.cwd() / "videos"))
        self.studio: Studio = Studio(app, preferences)
        self.studio.window.resize(width, height)

    def take(self) -> None:
        """The story that the guide tells."""
        studio = self.studio
        studio.show()
        studio.begin([])
        self.settle(1.0)
        self.keep("welcome")
        self.open_template("demo")
        self.select("sample")
        self.run()
        self.wait(lambda: self._has_a_preview())
        self.keep("running")
        self.wait(lambda: self.run_state() in ("done", "failed"))
        self.settle(2.0)
        self.keep("done")
        for panel in ("history", "machines", "models", "changes", "log", "queue"):
            studio.window.docks.reveal(f"view.{panel}")
            self.settle(0.5)
            self.keep(panel)
        studio.actions.run("view.app")
        self.settle(1.0)
        self.keep("app_view")
        studio.actions.run("view.app")
        self.fail()
        studio.look.toggle()
        self.open_template("first_last_frame")
        self.settle(1.0)
        self.keep("light")
        studio.end()

    def fail(self) -> None:
        """Run a graph whose picture is not there."""
        self.open_template("image_to_video")
        self.studio.actions.run("run.run")
        self.settle(1.0)
        self.keep("failed")

    def select(self, id: str) -> None:
        from studio.document import Selection

        document = self.studio.documents.current
        assert document is not None
        document.select(Selection.of_nodes([id]))
        self.settle(0.3)

    def _has_a_preview(self) -> bool:
        run = self.studio.control.current
        node = run.nodes.get("sample") if run is not None else None
        return node is not None and node.done * 3 > node.total * 2 > 0

    def open_template(self, name: str) -> None:
        from studio.document import OpenDocument
        from studio.project.templates import document

        self.studio.documents.add(OpenDocument(document(name), self.studio.services.registry))
        self.settle(0.5)

    def run(self) -> None:
        self.wait(lambda: bool(self.studio.services.desk.places))
        self.studio.actions.run("run.run")

    def run_state(self) -> str:
        run = self.studio.control.current
        return run.state if run is not None else ""

    def settle(self, seconds: float = 0.3) -> None:
        """Let animations and background work come to an end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.app.processEvents()
            time.sleep(0.005)

    def wait(self, what: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > until:
                raise TimeoutError("what the picture waits for did not happen")
            self.settle(0.02)

    def keep(self, name: str) -> None:
        self.app.processEvents()
        self.studio.window.grab().save(str(self.folder / f"{name}.png"))


if __name__ == "__main__":
    given = sys.argv[1:]
    size = (int(given[1]), int(given[2])) if len(given) > 2 else (1440, 900)
    main(Path(given[0]).absolute(), *size)
