"""Which files carry their signature inside, and which need it in a file beside them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.errors import InvalidMedia

EMBEDDING: dict[str, str] = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/avi",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
"""Media type by suffix, where the container has a place for a manifest."""

BESIDE: dict[str, str] = {
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".bmp": "image/bmp",
}
"""Media type by suffix, where it has none: the manifest goes into a sidecar."""

READ_ONLY: dict[str, str] = {".svg": "image/svg+xml"}
"""Media type by suffix of what we do not sign, and whose content does not tell what it is: other
kinds are told by their first bytes.
"""

SIDECAR_SUFFIX = ".c2pa"

PLAYLIST_SUFFIXES = frozenset({".mpd", ".m3u8"})
"""What names the segments of a stream: it has no place for a manifest, the stream's binds it."""

FRAME_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif"})
"""What counts as a frame in a folder of frames."""


def media_type(path: Path) -> str:
    """The media type that the suffix names, empty for a suffix we do not sign."""
    suffix = path.suffix.lower()
    return EMBEDDING.get(suffix) or BESIDE.get(suffix) or ""


def readable_type(path: Path) -> str:
    """The media type under which a signature is looked for, empty where the content tells it."""
    return media_type(path) or READ_ONLY.get(path.suffix.lower(), "")


def signable_type(path: Path) -> str:
    """The media type of a file that can be signed; InvalidMedia for any other."""
    found = media_type(path)
    if not found:
        known = ", ".join(suffix.removeprefix(".") for suffix in (*EMBEDDING, *BESIDE))
        raise InvalidMedia(
            f"'{path}' cannot be signed: '{path.suffix}' is not a kind of media we sign.",
            remedy=f"Use one of {known}.",
        )
    return found


def embeds(path: Path) -> bool:
    """Whether files of this suffix carry their signature inside."""
    return path.suffix.lower() in EMBEDDING


def sidecars(path: Path) -> tuple[Path, Path]:
    """Where a signature beside `path` may lie: under our name for it, then the customary one.

    Ours keeps the whole name, so that clip.webm and clip.mkv in one folder do not share one.
    """
    return path.with_name(path.name + SIDECAR_SUFFIX), path.with_suffix(SIDECAR_SUFFIX)


class Track(NamedTuple):
    """A track of a stream: the file that begins it, and its segments in order."""

    beginning: Path
    segments: tuple[Path, ...]


def tracks_of(folder: Path) -> list[Track]:
    """The tracks of a stream in a folder, as we name their files; none for any other folder."""
    names = sorted(each.name for each in folder.iterdir())
    tracks = []
    for name in names:
        if name.startswith("init_") and name.endswith(".mp4"):
            begins = f"part_{name.removeprefix('init_').removesuffix('.mp4')}_"
            parts = [each for each in names if each.startswith(begins) and each.endswith(".m4s")]
            tracks.append(Track(folder / name, tuple(folder / each for each in parts)))
    known = any(track.segments or "stream.mpd" in names for track in tracks)
    return tracks if known else []


def frames_of(folder: Path) -> list[Path]:
    """The frames in a folder of frames, in name order."""
    return sorted(
        each
        for each in folder.iterdir()
        if each.suffix.lower() in FRAME_SUFFIXES and not each.name.startswith(".")
    )
