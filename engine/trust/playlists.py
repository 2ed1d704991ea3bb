"""The playlists of a stream, bound to its manifest by their digests.

C2PA binds what is played, and has no word for the files that say in which order.  A playlist that
names fewer segments, or those of another stream, makes another video of intact parts; so their
digests stand in an assertion of our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.file_digests import content_digest
from engine.trust.formats import PLAYLIST_SUFFIXES
from engine.trust.release import NAMESPACE

PLAYLISTS: Final = f"{NAMESPACE}.playlists"
"""The label of the assertion."""

_MOST: Final = 1_000
_MAX_BYTES: Final = 64 << 20


class _Playlist(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str = Field(max_length=255)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class _Playlists(BaseModel):
    playlists: list[_Playlist] = Field(max_length=_MOST)


def playlists_of(folder: Path) -> list[Path]:
    """The playlists in a stream's folder, in name order."""
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in PLAYLIST_SUFFIXES)


def playlists_assertion(folder: Path) -> dict[str, object]:
    """The assertion that holds their digests.  Raises OSError."""
    told = [{"name": path.name, "sha256": _digest(path)} for path in playlists_of(folder)]
    return {"label": PLAYLISTS, "created": True, "data": {"playlists": told}}


def faults_of_playlists(folder: Path, assertions: Mapping[str, object]) -> list[str]:
    """What is wrong with the playlists in a folder, by the assertions of a manifest that holds,
    which go by their labels.

    Nothing where the manifest says nothing of playlists, as those of others do.  Raises OSError.
    """
    if PLAYLISTS not in assertions:
        return []
    try:
        told = _Playlists.model_validate(assertions[PLAYLISTS])
    except ValidationError:
        return ["What it says of its playlists cannot be understood."]
    signed = {each.name: each.sha256 for each in told.playlists}
    there = {path.name: path for path in playlists_of(folder)}
    missing = [name for name in signed if name not in there]
    added = [name for name in there if name not in signed]
    altered = [
        name for name, digest in signed.items() if name in there and _digest(there[name]) != digest
    ]
    return [
        f"Its playlist '{name}' {fault}."
        for names, fault in (
            (altered, "was altered"),
            (missing, "is missing"),
            (added, "was not there when it was signed"),
        )
        for name in names
    ]


def _digest(path: Path) -> str:
    """'' for what is no file, or too long for a playlist: that is not as it was signed."""
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        return ""
    return content_digest(path)
