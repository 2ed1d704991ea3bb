"""Signing a finished file in place, after muxing: whatever rewrites the file later unsigns it.

A signed file appears under its name at once and whole.  Containers without a place for a
manifest (WebM, Matroska, Ogg, BMP) stay as they are and get it in a file beside them.  A folder
of frames is signed frame by frame: each stands for itself, a missing one is not noticed.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.atomic import replacing
from engine.errors import InvalidMedia, StorageFailed
from engine.trust.formats import embeds, frames_of, media_type, sidecars, signable_type
from engine.trust.identity import Identity
from engine.trust.library import context, library_signer, plain
from engine.trust.manifest_report import ManifestReport, ingredients_of
from engine.trust.statement import (
    MediaIngredient,
    Statement,
    definition_of,
    media_of,
    parts_of,
)
from engine.trust.streams import FaultKeepingFile, Nowhere
from engine.trust.verification import State

if TYPE_CHECKING:
    import c2pa


@dataclass(frozen=True)
class Signed:
    """A signed file: where its manifest is, and what could not be said about it.

    `digest` is the sha256 of the file as it is now, in hex, or of a folder's files in name
    order.  `sidecar` is the manifest's file, None where the media file carries it.
    """

    path: Path
    digest: str
    sidecar: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def embedded(self) -> bool:
        return self.sidecar is None


def sign(path: Path, identity: Identity, statement: Statement) -> Signed:
    """Sign the file at `path`, or every frame in the folder at `path`, in place.

    Raises InvalidMedia for a file that is missing, damaged or of a kind that cannot be signed,
    and StorageFailed where the place cannot be written; the file is then as it was.
    """
    if path.is_dir():
        return _sign_frames(path, identity, statement)
    form = signable_type(path)
    try:
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


def _sign_file(path: Path, form: str, identity: Identity, statement: Statement) -> Signed:
    settings = context(own_roots=identity.root)
    inside = embeds(path)
    signed_before = inside and _carries_manifest(path, form, settings)
    media = media_of(statement.origin, signed_before=signed_before)
    builder = _builder(settings, statement, media, signed_before=signed_before)
    notes = [note for each in media if (note := _add_media(builder, each))]
    target = path if inside else sidecars(path)[0]
    if not inside:
        builder.set_no_embed()
    with replacing(target) as draft:
        manifest = _run(builder, path, form, identity, draft if inside else None)
        if not inside:
            draft.write_bytes(manifest)
        shutil.copymode(path, draft)
    if media or signed_before:
        notes += _altered_inputs(manifest, settings)
    return Signed(path, _digest(path), None if inside else target, tuple(notes))


def _builder(
    settings: c2pa.Context,
    statement: Statement,
    media: list[MediaIngredient],
    *,
    signed_before: bool,
) -> c2pa.Builder:
    import c2pa

    definition = definition_of(statement, media, signed_before=signed_before)
    builder = c2pa.Builder(definition, context=settings)
    if signed_before:
        # Makes the file as it was the parent, with its manifest.
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    for part in parts_of(statement):
        builder.add_resource(part.definition["data"]["identifier"], io.BytesIO(part.content))
    return builder


def _carries_manifest(path: Path, form: str, settings: c2pa.Context) -> bool:
    import c2pa

    try:
        with path.open("rb") as file, c2pa.Reader(form, file, context=settings):
            return True
    except c2pa.C2paError.ManifestNotFound:
        return False
    except c2pa.C2paError as error:
        raise _refused(path, error) from error


def _add_media(builder: c2pa.Builder, media: MediaIngredient) -> str:
    """Name an input file in the manifest, its own manifest with it; the answer is a note or ''."""
    import c2pa

    definition: dict[str, str] = {
        "title": media.path.name,
        "label": media.label,
        "relationship": media.relationship,
    }
    form = media_type(media.path) or "application/octet-stream"
    try:
        status = media.path.stat()
        digest = _input_digest(media.path, status.st_size, status.st_mtime_ns)
        definition["instance_id"] = f"sha256:{digest}-{media.label}"
        with media.path.open("rb") as file:
            builder.add_ingredient(definition, form, file)
        return ""
    except OSError as error:
        fault = f"could not be read when this was signed ({error.strerror or error})"
    except c2pa.C2paError:
        fault = "could not be understood when this was signed"
    definition["instance_id"] = media.label
    definition["description"] = f"The file {fault}."
    builder.add_ingredient(definition, "application/octet-stream", io.BytesIO(b"\0"))
    return f"The input '{media.path.name}' {fault}; the signature names it and no more."


def _altered_inputs(manifest: bytes, settings: c2pa.Context) -> list[str]:
    """A note for each input whose own signature did not hold when it went in."""
    import c2pa

    with c2pa.Reader("application/c2pa", io.BytesIO(manifest), context=settings) as reader:
        report = ManifestReport.model_validate_json(reader.json())
    return [each.called_out for each in ingredients_of(report) if each.state is State.ALTERED]


def _run(
    builder: c2pa.Builder, path: Path, form: str, identity: Identity, draft: Path | None
) -> bytes:
    """Sign `path` into `draft`, or nowhere; the answer is the manifest."""
    import c2pa

    signer, fault = library_signer(identity)
    with path.open("rb") as source, _target(draft) as target:
        try:
            return bytes(builder.sign(signer, form, source, target))
        except c2pa.C2paError as error:
            raise fault() or target.fault or _refused(path, error) from error


def _refused(path: Path, error: Exception) -> InvalidMedia:
    return InvalidMedia(
        f"'{path}' cannot be signed: {plain(error)}.",
        remedy="Check that the file is complete and is what its suffix says.",
    )


@contextmanager
def _target(draft: Path | None) -> Iterator[FaultKeepingFile]:
    """Where the library writes the signed file; nowhere for one that gets a sidecar."""
    if draft is None:
        yield FaultKeepingFile(Nowhere())
        return
    with draft.open("w+b") as file:
        yield FaultKeepingFile(file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _input_digest(path: Path, size: int, modified: int) -> str:
    """The digest of an input, once for all frames of a folder that name it."""
    return _digest(path)
