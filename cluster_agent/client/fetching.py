"""Results of a job, brought here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import JobView
from engine.atomic import PARTIAL
from engine.file_digests import content_digest
from engine.values import Artifact

_KINDS: Final = {
    ".mp4": "video", ".mov": "video", ".mkv": "video", ".webm": "video", ".gif": "video",
    ".wav": "audio", ".flac": "audio", ".m4a": "audio", ".mp3": "audio",
}  # fmt: skip
_THUMBNAIL: Final = ".jpg"


class Source(Protocol):
    """Where blobs are fetched from."""

    def download(self, digest: str, path: Path) -> None: ...


@dataclass(frozen=True)
class Fetched:
    """A finished file that is here now, and the node that wrote it."""

    node: str
    artifact: Artifact


def fetch_results(job: JobView, blobs: Source, output: Path) -> tuple[Fetched, ...]:
    """Download a job's files into `output`, under their own names or numbered ones.

    A file that is there already, with the same content, is not fetched again; a thumbnail stays
    with its video.  Raises StorageFailed where they cannot be written.
    """
    by_path = {result.path: result for result in job.results}
    thumbnails = {path + _THUMBNAIL for path in by_path} & by_path.keys()
    fetched = []
    for path, result in by_path.items():
        if path in thumbnails:
            continue
        place = _fetch(result, output / path, blobs)
        thumbnail = None
        if path + _THUMBNAIL in thumbnails:
            beside = place.with_name(place.name + _THUMBNAIL)
            thumbnail = _fetch(by_path[path + _THUMBNAIL], beside, blobs)
        kind = _KINDS.get(place.suffix.lower(), "image")
        artifact = Artifact(place, kind, result.digest, result.signed, thumbnail)
        fetched.append(Fetched(result.node, artifact))
    return tuple(fetched)


def _fetch(result: ResultFile, wanted: Path, blobs: Source) -> Path:
    place, number = wanted, 1
    while place.exists():
        if content_digest(place) == result.digest:
            return place
        number += 1
        place = wanted.with_stem(f"{wanted.stem}-{number}")
    place.parent.mkdir(parents=True, exist_ok=True)
    # Blobs are for their owner's eyes alone; a finished file is as any file that is made here.
    beside = place.with_name(f".{place.name}{PARTIAL}")
    blobs.download(result.digest, beside)
    os.chmod(beside, 0o666 & ~_umask())
    os.replace(beside, place)
    return place


def _umask() -> int:
    present = os.umask(0o077)
    os.umask(present)
    return present
