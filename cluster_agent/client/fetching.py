"""Results of a job, brought here."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from cluster_agent.protocol.job_spec import ResultFile
from cluster_agent.protocol.messages import JobView
from engine.run.file_digests import content_digest
from engine.values import Artifact

_KINDS: Final = {
    ".mp4": "video", ".mov": "video", ".mkv": "video", ".webm": "video", ".gif": "video",
    ".wav": "audio", ".flac": "audio", ".m4a": "audio", ".mp3": "audio",
}  # fmt: skip


class Source(Protocol):
    """Where blobs are fetched from."""

    def download(self, digest: str, path: Path) -> None: ...


def fetch_results(job: JobView, blobs: Source, output: Path) -> tuple[Artifact, ...]:
    """Download a job's files into `output`, under their own names or numbered ones.

    A file that is there already, with the same content, is not fetched again.
    Raises StorageFailed where they cannot be written.
    """
    return tuple(_fetch(result, blobs, output) for result in job.results)


def _fetch(result: ResultFile, blobs: Source, output: Path) -> Artifact:
    place = output / result.path
    number = 1
    while place.exists():
        if content_digest(place) == result.digest:
            return _artifact(place, result)
        number += 1
        place = (output / result.path).with_stem(f"{Path(result.path).stem}-{number}")
    place.parent.mkdir(parents=True, exist_ok=True)
    blobs.download(result.digest, place)
    return _artifact(place, result)


def _artifact(place: Path, result: ResultFile) -> Artifact:
    kind = _KINDS.get(place.suffix.lower(), "image")
    return Artifact(place, kind, result.digest, signed=result.signed)
