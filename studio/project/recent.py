"""The files that were open lately, the last one first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from psygnal import Signal
from pydantic import BaseModel, ConfigDict, Field

from studio.project.kept import read_kept, studio_state, write_kept

FILE: Final = "recent.json"
MOST: Final = 100


class RecentFile(BaseModel):
    """A file, when it was open last (unix seconds), and the `OpenDocument.id` it had then."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    opened: float = 0.0
    document: Annotated[str, Field(max_length=64)] = ""

    @property
    def name(self) -> str:
        """What a list calls it."""
        return Path(self.path).stem

    @property
    def folder(self) -> str:
        """Where it lies, with the home folder as '~'."""
        parent = Path(self.path).parent
        home = Path.home()
        inside = parent.is_relative_to(home)
        return str(Path("~", parent.relative_to(home))) if inside else str(parent)


class _Files(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    files: tuple[RecentFile, ...] = ()


class RecentFiles:
    """The list and the file that keeps it."""

    changed = Signal()

    def __init__(self, path: Path | None = None, most: int = 20) -> None:
        self._path = path or studio_state() / FILE
        kept = read_kept(self._path, _Files, "recent files")
        self.problem = kept.problem
        self._most = min(most, MOST)
        self.files = kept.value.files[: self._most]

    def document_at(self, path: Path) -> str:
        """What runs called the document of a file when it was open last, or ''."""
        wanted = str(path.absolute())
        return next((file.document for file in self.files if file.path == wanted), "")

    def add(self, path: Path, now: float, document: str = "") -> None:
        """A file was opened or saved.  Raises StorageFailed where the list cannot be kept."""
        new = RecentFile(path=str(path.absolute()), opened=now, document=document)
        others = (file for file in self.files if file.path != new.path)
        self._set((new, *others)[: self._most])

    def remove(self, path: str) -> None:
        """Forget a file."""
        self._set(tuple(file for file in self.files if file.path != path))

    def clear(self) -> None:
        """Forget all files."""
        self._set(())

    def _set(self, files: tuple[RecentFile, ...]) -> None:
        if files != self.files:
            self.files = files
            self.changed.emit()
            write_kept(self._path, _Files(files=files))


def missing(files: tuple[RecentFile, ...]) -> frozenset[str]:
    """The paths that are not there now.  Asks the disk: work for a background thread."""
    return frozenset(file.path for file in files if not _is_there(file.path))


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False
