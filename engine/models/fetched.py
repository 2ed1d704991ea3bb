"""Models that were fetched: what was fetched is written down, verified, and removed again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from engine.atomic import replacing
from engine.errors import InvalidInput, InvalidWeights, StorageFailed
from engine.models.catalog import find, folder_of, is_here, not_here
from engine.models.weights import ACCEPTED, check_weights, file_digest

MANIFEST: Final = "reelwright.pulled"
_BOOKKEEPING: Final = (".lock", ".metadata", MANIFEST)


@dataclass(frozen=True)
class Manifest:
    """What a model was fetched from, and the digests that the hub states, by file."""

    repository: str
    revision: str
    digests: dict[str, str]


def read_manifest(folder: Path) -> Manifest | None:
    """What is written down in a folder, None where nothing is or it is damaged."""
    try:
        return Manifest(**json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Raises StorageFailed."""
    with replacing(folder / MANIFEST) as partial:
        partial.write_text(json.dumps(asdict(manifest), indent=1), "utf-8")


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
                with suppress(OSError):
                    total += os.lstat(os.path.join(parent, name)).st_size
    return total


def size_of_model(id: str) -> int:
    """Bytes of a model and of what a stopped download left."""
    return size_of(folder_of(id)) + size_of(partial_folder(id))


def verify(id: str, told: Callable[[str], None] = lambda name: None) -> int:
    """Compare every file of a model with what the hub states; how many could be compared.

    Without a stated digest, that a file is whole is all that can be checked.  `told` hears each
    file's name.  Raises InvalidWeights that names the first that is wrong.
    """
    if not is_here(id):
        raise not_here(id)
    folder = folder_of(id)
    manifest = read_manifest(folder)
    compared = 0
    for name, stated in sorted((manifest.digests if manifest else {}).items()):
        told(name)
        _compare(id, folder / name, stated)
        compared += 1
    for path in sorted(folder.rglob(f"*{ACCEPTED}")):
        check_weights(path)
    return compared


def _compare(id: str, path: Path, stated: str) -> None:
    again = f"Remove it with 'reelwright models remove {id}', and fetch it again."
    if not path.is_file():
        raise InvalidWeights(f"'{path}' is missing.", remedy=again)
    if file_digest(path) != stated:
        raise InvalidWeights(
            f"'{path}' is not what was published: its digest is another.", remedy=again
        )


def remove(id: str) -> None:
    """Remove a model that was fetched, and what a stopped download left.

    Raises InvalidInput for one that was not, StorageFailed if the disk refuses.
    """
    if not find(id).repository:
        raise InvalidInput(f"'{id}' was not fetched.", remedy="Its folder is not ours to remove.")
    for folder in _folders(id):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StorageFailed(f"'{folder}' cannot be removed: {error.strerror}.") from error


def _folders(id: str) -> Iterator[Path]:
    return (folder for folder in (folder_of(id), partial_folder(id)) if folder.is_dir())
