"""Signing a finished file in place, after muxing: whatever rewrites the file later unsigns it.

A signed file appears under its name at once and whole.  Containers without a place for a
manifest (WebM, Matroska, Ogg, BMP) stay as they are and get it in a file beside them.  A folder
of frames is signed frame by frame: each stands for itself, a missing one is not noticed.  A folder
that holds a stream is signed as one (`sign_stream.py`).
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.atomic import replacing
from engine.errors import InvalidMedia, StorageFailed
from engine.trust.formats import (
    BESIDE,
    Track,
    embeds,
    frames_of,
    sidecars,
    signable_type,
    tracks_of,
)
from engine.trust.identity import Identity
from engine.trust.library import context
from engine.trust.manifest_builder import altered_inputs, manifest_builder, refused, run_builder
from engine.trust.sign_stream import digest_of, sign_tracks
from engine.trust.statement import Statement, media_of
from engine.trust.streams import FaultKeepingFile, Nowhere

if TYPE_CHECKING:
    import c2pa


@dataclass(frozen=True)
class Signed:
    """A signed file: where its manifest is, and what could not be said about it.

    `digest` is the sha256 of the file as it is now, in hex, or of a folder's files in name
    order.  `sidecar` is the manifest's file, None where the media file carries it; `manifest` its
    bytes, empty for a folder of frames.
    """

    path: Path
    digest: str
    sidecar: Path | None = None
    notes: tuple[str, ...] = ()
    manifest: bytes = field(default=b"", repr=False)

    @property
    def embedded(self) -> bool:
        return self.sidecar is None


def sign(path: Path, identity: Identity, statement: Statement) -> Signed:
    """Sign the file at `path`, or every frame or the stream in the folder at `path`, in place.

    Raises InvalidMedia for a file that is missing, damaged or of a kind that cannot be signed,
    StorageFailed where the place cannot be written, and ReelwrightError where a time-stamp
    authority is chosen and gives no time; the file is then as it was.
    """
    tracks = tracks_of(path) if path.is_dir() else []
    if path.is_dir() and not tracks:
        return _sign_frames(path, identity, statement)
    try:
        if tracks:
            return _sign_stream(path, tracks, identity, statement)
        form = signable_type(path)
        if path.stat().st_size == 0:
            raise InvalidMedia(f"'{path}' is empty.", remedy="Write the file before signing it.")
        return _sign_file(path, form, identity, statement)
    except FileNotFoundError as error:
        raise InvalidMedia(f"'{path}' does not exist.", remedy="Check the path.") from error
    except OSError as error:
        raise StorageFailed(
            f"'{path}' cannot be signed: {error.strerror or error}.",
            remedy="Check the free space and the rights of its folder.",
        ) from error


def try_out(identity: Identity) -> None:
    """Sign something that is kept nowhere.  Raises what signing a file would raise."""
    builder, _ = manifest_builder(context(own_roots=identity.root), Statement("A trial"), ())
    builder.set_no_embed()
    nowhere = FaultKeepingFile(Nowhere())
    run_builder(builder, BESIDE[".webm"], io.BytesIO(b"\0"), nowhere, identity, "A trial")


def _sign_frames(folder: Path, identity: Identity, statement: Statement) -> Signed:
    frames = frames_of(folder)
    if not frames:
        raise InvalidMedia(f"'{folder}' holds no frames to sign.", remedy="Give a folder of PNGs.")
    signed = [sign(frame, identity, statement) for frame in frames]
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(frame.read_bytes())
    notes = dict.fromkeys(note for each in signed for note in each.notes)
    return Signed(folder, digest.hexdigest(), notes=tuple(notes))


def _sign_stream(
    folder: Path, tracks: Sequence[Track], identity: Identity, statement: Statement
) -> Signed:
    manifest, notes = sign_tracks(tracks, identity, statement)
    return Signed(folder, digest_of(tracks), notes=tuple(notes), manifest=manifest)


def _sign_file(path: Path, form: str, identity: Identity, statement: Statement) -> Signed:
    settings = context(own_roots=identity.root)
    inside = embeds(path)
    signed_before = inside and _carries_manifest(path, form, settings)
    media = media_of(statement.origin, signed_before=signed_before)
    builder, notes = manifest_builder(settings, statement, media, signed_before=signed_before)
    target = path if inside else sidecars(path)[0]
    if not inside:
        builder.set_no_embed()
    # The file is hashed while it is flushed to the disk.
    with ThreadPoolExecutor(1) as aside:
        with replacing(target) as draft:
            manifest = _run(builder, path, form, identity, draft if inside else None)
            if not inside:
                draft.write_bytes(manifest)
            shutil.copymode(path, draft)
            hashing = aside.submit(_digest_of, (draft if inside else path).open("rb"))
        digest = hashing.result()
    if media or signed_before:
        notes += altered_inputs(manifest, settings)
    return Signed(path, digest, None if inside else target, tuple(notes), manifest)


def _carries_manifest(path: Path, form: str, settings: c2pa.Context) -> bool:
    import c2pa

    try:
        with path.open("rb") as file, c2pa.Reader(form, file, context=settings):
            return True
    except c2pa.C2paError.ManifestNotFound:
        return False
    except c2pa.C2paError as error:
        raise refused(str(path), error) from error


def _run(
    builder: c2pa.Builder, path: Path, form: str, identity: Identity, draft: Path | None
) -> bytes:
    """Sign `path` into `draft`, or nowhere; the answer is the manifest."""
    with path.open("rb") as source, _target(draft) as target:
        return run_builder(builder, form, source, target, identity, str(path))


@contextmanager
def _target(draft: Path | None) -> Iterator[FaultKeepingFile]:
    """Where the library writes the signed file; nowhere for one that gets a sidecar."""
    if draft is None:
        yield FaultKeepingFile(Nowhere())
        return
    with draft.open("w+b") as file:
        yield FaultKeepingFile(file)


def _digest_of(file: io.BufferedReader) -> str:
    with file:
        return hashlib.file_digest(file, "sha256").hexdigest()
