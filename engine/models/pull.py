"""Fetching a model's weights: the one thing in Reelwright that downloads, and only when asked.

What is fetched lies in '<model>.partial' until it is whole, so that the same call goes on where
another was stopped, and nobody takes half a model for one.  It goes on with the revision that it
began with, and of a repository that holds more than the model only the model is fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, InvalidWeights, ReelwrightError, StorageFailed
from engine.models.catalog import CatalogEntry, find, folder_of
from engine.models.consent import licence_address, require_consent
from engine.models.fetched import (
    Manifest,
    partial_folder,
    read_manifest,
    size_of,
    write_manifest,
)
from engine.models.weights import check_weights, file_digest, weight_files

INDEX: Final = "model_index.json"
WEIGHTS: Final = ".safetensors"

WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model", "LICENSE*")
"""What a model consists of; never anything that could run code."""

OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")

SECONDS_BETWEEN_LOOKS: Final = 0.4
_UNREACHABLE: Final = "the hub cannot be reached"
_REASONS: Final = {
    "LocalEntryNotFoundError": _UNREACHABLE,
    "OfflineModeIsEnabled": _UNREACHABLE,
    "ConnectionError": _UNREACHABLE,
    "ConnectError": _UNREACHABLE,
    "ConnectTimeout": _UNREACHABLE,
    "ReadTimeout": "the hub does not answer",
    "GatedRepoError": "its terms must be accepted on the hub, and a token given in HF_TOKEN",
    "RepositoryNotFoundError": "the hub has no such model, or keeps it private",
    "RevisionNotFoundError": "the hub has no such version of it",
}


@dataclass(frozen=True)
class Pulled:
    """How far a download is, in bytes; a `total` of 0 is not known."""

    done: int
    total: int


def pull(id: str, told: Callable[[Pulled], None] | None = None) -> Path:
    """Fetch a model's weights if they are not here; `told` hears of it from another thread.

    A token is taken from where the hub's own client looks for it (HF_TOKEN).  Returns the folder.
    Raises InvalidInput for a licence that was not accepted, in offline mode, or if the model cannot
    be reached; InvalidWeights for what came damaged, StorageFailed if there is no room.
    """
    entry, folder = find(id), folder_of(id)
    if not entry.repository or folder.is_dir():
        return folder
    require_consent(entry)
    _require_network(id)
    _require_client()
    partial = partial_folder(id)
    try:
        listing = _listing(entry, partial)
        total = sum(file.size for file in listing.files)
        _require_room(partial, total - size_of(partial))
        digests = {file.name: file.digest for file in listing.files if file.digest}
        write_manifest(partial, Manifest(entry.repository, listing.revision, digests))
        with _watched(partial, total, told):
            _fetch(entry, listing.revision, [file.name for file in listing.files], partial)
    except ReelwrightError:
        raise
    except Exception as error:  # the library raises dozens of unrelated types
        raise InvalidInput(
            f"'{id}' could not be fetched: {_reason(error)}.", remedy=_remedy(entry, error)
        ) from error
    _require_sound(partial)
    shutil.rmtree(partial / ".cache", ignore_errors=True)  # the client's own bookkeeping
    os.replace(partial, folder)
    return folder


def _require_client() -> None:
    try:
        import huggingface_hub  # noqa: F401 - whether it is there is all we ask
    except ImportError:
        raise InvalidInput(
            "Downloads need the package huggingface_hub.",
            remedy="Install it with 'pip install reelwright[models]'.",
        ) from None


def _require_network(id: str) -> None:
    for name in OFFLINE:
        if os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"}:
            raise InvalidInput(
                f"'{id}' is not on this computer, and {name} forbids to fetch it.",
                remedy=f"Unset {name}, or copy the model's folder here and name its path.",
            )


@dataclass(frozen=True)
class _File:
    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class _Listing:
    """What is to be fetched of a repository, at one revision of it."""

    revision: str
    files: tuple[_File, ...]


def _listing(entry: CatalogEntry, partial: Path) -> _Listing:
    from huggingface_hub import HfApi

    begun = read_manifest(partial)
    revision = entry.revision or (begun.revision if begun else "") or None
    info = HfApi().model_info(entry.repository, revision=revision, files_metadata=True)
    found = {
        file.rfilename: _File(file.rfilename, file.size or 0, getattr(file.lfs, "sha256", "") or "")
        for file in info.siblings or ()
    }
    pinned = str(info.sha or revision or "")
    names = [name for name in found if _matches(name, WANTED)]
    if entry.files:
        names = [name for name in names if _matches(name, entry.files)]
    if INDEX in found:
        partial.mkdir(parents=True, exist_ok=True)
        _fetch(entry, pinned, [INDEX], partial)
        names = model_files(names, (partial / INDEX).read_text("utf-8"), entry.variant)
    return _Listing(pinned, tuple(found[name] for name in names))


def model_files(names: Sequence[str], index: str, variant: str) -> list[str]:
    """Which of a repository's files the model in it consists of.

    Beside what the index names, repositories hold other precisions and whole copies under the
    makers' names.  A component that has the variant comes as that alone, else without any.
    """
    components = {name for name, value in json.loads(index).items() if isinstance(value, list)}
    chosen = [name for name in names if "/" not in name and not name.endswith(WEIGHTS)]
    for component in sorted(components):
        own = [name for name in names if name.startswith(f"{component}/")]
        weights = [name for name in own if name.removesuffix(".index.json").endswith(WEIGHTS)
                   or (name.endswith(".json") and ".index." in name)]  # fmt: skip
        marked = [name for name in weights if _variant(name) == variant]
        plain = [name for name in weights if not _variant(name)]
        chosen += [name for name in own if name not in weights]
        chosen += marked or plain or weights
    return chosen


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _variant(name: str) -> str:
    """'fp16' of 'model.fp16.safetensors', 'model.fp16-00001-of-00002.safetensors' and indexes."""
    parts = name.rpartition("/")[2].split(".")[1:]
    known = ("safetensors", "index", "json")
    return next((part.partition("-")[0] for part in parts if part not in known), "")


def _fetch(entry: CatalogEntry, revision: str, names: list[str], partial: Path) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download(
        entry.repository, revision=revision or None, local_dir=partial, allow_patterns=names
    )


def _remedy(entry: CatalogEntry, error: Exception) -> str:
    if type(error).__name__ == "GatedRepoError":
        return f"Accept them at {licence_address(entry)}, then fetch it again."
    return "Check the network and the model's access terms; fetching it again goes on."


def _require_room(partial: Path, needed: int) -> None:
    partial.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(partial).free
    if needed > free:
        raise StorageFailed(
            f"'{partial.parent}' has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are needed.",
            remedy="Free some space, or name another folder in REELWRIGHT_MODELS.",
        )


def _require_sound(partial: Path) -> None:
    """Raises InvalidWeights for a file that is damaged or not what the hub states, and removes it:
    the next call fetches it anew.
    """
    manifest = read_manifest(partial)
    stated = manifest.digests if manifest else {}
    for path in weight_files(partial):
        try:
            check_weights(path)
            digest = stated.get(path.relative_to(partial).as_posix())
            if digest and file_digest(path) != digest:
                raise InvalidWeights(
                    f"'{path.name}' came with another digest than the hub states.",
                    remedy="Fetch it again; what is here is not fetched twice.",
                )
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
