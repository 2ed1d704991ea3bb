"""Fetching a model's weights: the one thing in Reelwright that downloads, and only when asked.

What is fetched lies in '<model>.partial' until it is whole, so that the same call goes on where
another was stopped, and nobody takes half a model for one.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, InvalidWeights, StorageFailed
from engine.models.catalog import HUB, CatalogEntry, find, folder_of
from engine.models.weights import check_weights, weight_files

WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.model", "LICENSE*")
"""What a model consists of; never anything that could run code."""

SECONDS_BETWEEN_LOOKS: Final = 0.4
_UNREACHABLE: Final = "the hub cannot be reached"
_REASONS: Final = {
    "LocalEntryNotFoundError": _UNREACHABLE,
    "OfflineModeIsEnabled": _UNREACHABLE,
    "ConnectionError": _UNREACHABLE,
    "ConnectError": _UNREACHABLE,
    "ConnectTimeout": _UNREACHABLE,
    "ReadTimeout": "the hub does not answer",
    "GatedRepoError": "its terms must be accepted on the hub first",
    "RepositoryNotFoundError": "the hub has no such model, or keeps it private",
    "RevisionNotFoundError": "the hub has no such version of it",
}
_BOOKKEEPING: Final = (".lock", ".metadata")


@dataclass(frozen=True)
class Pulled:
    """How far a download is, in bytes; a `total` of 0 is not known."""

    done: int
    total: int


def pull(id: str, told: Callable[[Pulled], None] | None = None) -> Path:
    """Fetch a model's weights if they are not here; `told` hears of it from another thread.

    Returns their folder.  Raises InvalidInput if it cannot be reached, InvalidWeights for what
    came damaged, StorageFailed if there is no room.
    """
    entry, folder = find(id), folder_of(id)
    if not entry.source.startswith(HUB) or folder.is_dir():
        return folder
    _require_client()
    partial = partial_folder(id)
    try:
        total = _size(entry)
        _require_room(partial, total - size_of(partial))
        with _watched(partial, total, told):
            _fetch(entry, partial)
    except StorageFailed:
        raise
    except Exception as error:  # the library raises dozens of unrelated types
        raise InvalidInput(
            f"'{id}' could not be fetched: {_reason(error)}.",
            remedy="Check the network and the model's access terms; fetching it again goes on.",
        ) from error
    _require_sound(partial)
    shutil.rmtree(partial / ".cache", ignore_errors=True)  # the client's own bookkeeping
    os.replace(partial, folder)
    return folder


def partial_folder(id: str) -> Path:
    """Where a model lies until all of it is here."""
    folder = folder_of(id)
    return folder.with_name(folder.name + ".partial")


def size_of(folder: Path) -> int:
    """Bytes of everything below a folder, 0 if there is none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(_BOOKKEEPING):
                # A file may be renamed between the listing and the look.
                try:
                    total += os.lstat(os.path.join(parent, name)).st_size
                except OSError:
                    continue
    return total


def _require_client() -> None:
    try:
        import huggingface_hub  # noqa: F401 - whether it is there is all we ask
    except ImportError:
        raise InvalidInput(
            "Downloads need the package huggingface_hub.",
            remedy="Install it with 'pip install reelwright[models]'.",
        ) from None


def _size(entry: CatalogEntry) -> int:
    """Bytes that a model comes to, 0 if the hub does not say."""
    from fnmatch import fnmatch

    from huggingface_hub import HfApi

    info = HfApi().model_info(_repository(entry), revision=_revision(entry), files_metadata=True)
    return sum(
        file.size or 0
        for file in info.siblings or ()
        if any(fnmatch(file.rfilename, pattern) for pattern in WANTED)
    )


def _fetch(entry: CatalogEntry, partial: Path) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(
        _repository(entry),
        revision=_revision(entry),
        local_dir=partial,
        allow_patterns=list(WANTED),
    )


def _repository(entry: CatalogEntry) -> str:
    return entry.source.removeprefix(HUB)


def _revision(entry: CatalogEntry) -> str | None:
    return entry.revision or None


def _require_room(partial: Path, needed: int) -> None:
    partial.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(partial).free
    if needed > free:
        raise StorageFailed(
            f"'{partial.parent}' has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are needed.",
            remedy="Free some space, or name another folder in REELWRIGHT_MODELS.",
        )


def _require_sound(partial: Path) -> None:
    """Raises InvalidWeights for a damaged file, and removes it: the next call fetches it anew."""
    for path in weight_files(partial):
        try:
            check_weights(path)
        except InvalidWeights:
            path.unlink()
            raise


@contextmanager
def _watched(partial: Path, total: int, told: Callable[[Pulled], None] | None) -> Iterator[None]:
    """Tell how the folder grows.

    Looking at the disk knows how far a download is whichever way the client takes: threads, its
    own processes or another language's.
    """
    if told is None:
        yield
        return
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            told(Pulled(min(size_of(partial), total or 2**63), total))

    told(Pulled(min(size_of(partial), total or 2**63), total))
    watcher = threading.Thread(target=look, name="pull", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    told(Pulled(total, total))


def _reason(error: Exception) -> str:
    """What went wrong, by the class's name: the library's own messages fill screens."""
    name = type(error).__name__
    if name in _REASONS:
        return _REASONS[name]
    if isinstance(error, OSError) and type(error) is not OSError and error.strerror:
        return error.strerror
    return name
