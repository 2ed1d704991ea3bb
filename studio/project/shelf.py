"""The model shelf: what the catalog offers, what of it is on disk, and fetching the rest.

A download is a process of its own, the same `reelwright models pull` that people type: stopping it
is ending it, and the next one goes on where it was.  Nothing is fetched unless `fetch` is called.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, TypeAlias

from engine.errors import InvalidWeights
from engine.models import catalog
from engine.models.catalog import CatalogEntry
from engine.models.consent import accept, to_accept
from engine.models.costs.blueprint import blueprint
from engine.models.estimate import DEVICES, Work, need_of
from engine.models.families import families
from engine.models.fetched import partial_folder, size_of
from engine.models.memory.plan import ALL_STAY, peak
from engine.models.memory.plan import least as least_of
from engine.models.pull import Pulled

State: TypeAlias = Literal["fetching", "done", "stopped", "failed"]

COMMAND: Final = (sys.executable, "-m", "studio")
BYTES_A_PARAMETER: Final = 2
"""Weights are published in 16 bits."""

GPU: Final = DEVICES["h200"]
"""What is planned for; what a plan needs is the same on all of them."""

PATIENCE: Final = 5.0
"""Seconds that a download gets to end before it is killed."""


@dataclass(frozen=True)
class ShelfModel:
    """One model as the shelf shows it; sizes in bytes, 0 where they are not known."""

    id: str
    title: str
    description: str
    licence: str
    source: str
    folder: Path
    here: bool
    size: int
    size_is_estimate: bool
    memory: int
    """On a GPU, at its usual size, with everything there: the fastest way of the plan."""
    least_memory: int
    """The same by the slowest way of the plan, in which parts come and go."""
    fetched: int
    """How much of a download that was stopped is here already."""
    free: int
    """On the disk where it is, or would go."""
    lacks: str
    """One sentence where this computer lacks something to run it, or ''."""
    to_accept: str = ""
    """The licence that is still to be accepted before it is fetched, or ''."""

    @property
    def can_fetch(self) -> bool:
        """Whether it is not here and there is a place to fetch it from."""
        return not self.here and self.source.startswith(catalog.HUB)

    @property
    def can_remove(self) -> bool:
        """Whether it was fetched: what ships, and the user's own folders, stay."""
        return (self.here or self.fetched > 0) and self.source.startswith(catalog.HUB)

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        if self.source.startswith(catalog.SHIPPED):
            return "Comes with Reelwright"
        if self.source.startswith(catalog.HUB):
            return f"huggingface.co/{self.source.removeprefix(catalog.HUB)}"
        return "Your own folder"


def look() -> tuple[ShelfModel, ...]:
    """What there is now.  Asks the disk: work for a background thread.  Raises InvalidInput."""
    return tuple(_model(entry) for entry in catalog.entries())


class Download:
    """One model on its way.  Everything may be read from any thread."""

    def __init__(self, id: str, command: Sequence[str] = COMMAND) -> None:
        self.id = id
        self.state: State = "fetching"
        self.pulled = Pulled(0, 0)
        self.error = ""
        self._stopping = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(
            target=self._run, args=[[*command, "models", "pull", id, "--json"]], daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End it; what is here stays, and fetching again goes on from there."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self, command: list[str]) -> None:
        try:
            self._follow(command)
        except OSError as error:
            self.state, self.error = "failed", f"The download could not begin: {error.strerror}."

    def _follow(self, command: list[str]) -> None:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_COLOR": "1"},
        ) as process:
            self._process = process
            if self._stopping.is_set():
                process.terminate()
            assert process.stdout is not None
            assert process.stderr is not None
            said: list[str] = []
            listener = threading.Thread(target=said.extend, args=[process.stderr], daemon=True)
            listener.start()
            for line in process.stdout:
                self._hear(line)
            code = self._end_of(process)
            listener.join()
        if code == 0:
            self.state = "done"
        elif self._stopping.is_set():
            self.state = "stopped"
        else:
            self.error = _last_sentence(said)
            self.state = "failed"

    def _hear(self, line: str) -> None:
        try:
            record = json.loads(line)
            if record.get("kind") == "pulled":
                self.pulled = Pulled(int(record["done"]), int(record["total"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # not one of ours: a library printed something

    def _end_of(self, process: subprocess.Popen[str]) -> int:
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class Shelf:
    """The downloads under way.  Belongs to the window's thread; views look at it now and then."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._downloads: dict[str, Download] = {}

    def accept(self, licence: str) -> None:
        """Remember that a licence was accepted.  Raises StorageFailed."""
        accept(licence)

    def fetch(self, id: str) -> Download:
        """Begin to fetch a model, or go on; the one under way if there is one."""
        under_way = self._downloads.get(id)
        if under_way is None or under_way.state != "fetching":
            self._downloads[id] = Download(id, self._command)
        return self._downloads[id]

    def download(self, id: str) -> Download | None:
        """The newest download of a model, or None."""
        return self._downloads.get(id)

    def dismiss(self, id: str) -> None:
        """Forget how the last download of a model ended."""
        download = self._downloads.get(id)
        if download is not None and download.state != "fetching":
            del self._downloads[id]

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return any(each.state == "fetching" for each in self._downloads.values())

    def close(self) -> None:
        """Stop all downloads; they go on another time."""
        for download in self._downloads.values():
            download.stop()
        for download in self._downloads.values():
            download.wait(PATIENCE)


def _model(entry: CatalogEntry) -> ShelfModel:
    folder, here = catalog.folder_of(entry.id), catalog.is_here(entry.id)
    whole = any(name in entry.parameters for name in catalog.DENOISERS)
    weights = sum(entry.parameters.values()) * BYTES_A_PARAMETER if whole else 0
    most, least = _memory(entry)
    return ShelfModel(
        id=entry.id,
        title=entry.title,
        description=entry.description,
        licence=entry.licence,
        source=entry.source,
        folder=folder,
        here=here,
        size=size_of(folder) if here else weights,
        size_is_estimate=not here,
        memory=most,
        least_memory=least,
        fetched=0 if here else size_of(partial_folder(entry.id)),
        free=_free(folder),
        lacks=_lacks(entry, here),
        to_accept=to_accept(entry),
    )


def _memory(entry: CatalogEntry) -> tuple[int, int]:
    """Bytes by the fastest and the slowest way that estimates and plans know; 0 where they do not.

    The starter has no plan: all of it is always there.
    """
    if not entry.sizes:
        return 0, 0
    try:
        need = need_of(blueprint(entry.id), Work(*entry.sizes[0], steps=1, guidance=1), GPU, "auto")
    except InvalidWeights:  # who loads it is told
        return 0, 0
    if need is None:
        return 0, 0
    most = peak(need, ALL_STAY)
    return most, most if entry.family == "starter" else least_of(need)


def _lacks(entry: CatalogEntry, here: bool) -> str:
    if entry.family != "starter" and find_spec("diffusers") is None:
        return "Running it needs more packages: pip install 'reelwright[models]'"
    if entry.family not in families():
        return "This version of Reelwright cannot run it yet."
    if not here and entry.source.startswith(catalog.HUB) and find_spec("huggingface_hub") is None:
        return "Fetching it needs the package huggingface_hub: pip install 'reelwright[models]'"
    if not here and entry.source.startswith(catalog.SHIPPED):
        return "Its weights are missing: install Reelwright again."
    if not here and not entry.source.startswith(catalog.HUB):
        return f"Its folder '{entry.source}' holds no weights."
    return ""


def _free(folder: Path) -> int:
    """Room on the disk of a folder that may not exist yet."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return 0


def _last_sentence(said: list[str]) -> str:
    """The error that the command ended with; libraries may have said more before it."""
    errors = [line.removeprefix("error:").strip() for line in said if line.startswith("error:")]
    return errors[-1] if errors else "The download ended without a word; the log may tell more."
