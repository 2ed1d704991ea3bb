"""Verifying a file: is it as it was signed, by whom, and what does its signer say of it.

Nothing is fetched from a network.  The time is that of hashing the file once; what is read out
of a manifest is bounded.

INTACT covers every byte but these, which C2PA leaves out of the content's hash: the manifest's
own place; in MP4 and its kin the boxes ftyp, mfra, free and skip (brand, index, padding).  Within
a manifest padding and the labels of boxes are covered by nothing, and say nothing.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InvalidMedia, StorageFailed
from engine.trust.formats import (
    PLAYLIST_SUFFIXES,
    SIDECAR_SUFFIX,
    Track,
    embeds,
    frames_of,
    media_type,
    readable_type,
    sidecars,
    tracks_of,
)
from engine.trust.fragments import C2PA_BOX, is_part
from engine.trust.library import context, plain
from engine.trust.manifest_reading import read_manifest
from engine.trust.self_issued import known_roots
from engine.trust.trust_lists import Kind, roots_of
from engine.trust.verification import State, Verification
from engine.trust.verify_stream import faults_of_stream, verify_track

if TYPE_CHECKING:
    import c2pa

_MAX_SIDECAR = 64 << 20
_MAX_NAMED_FRAMES = 3
# A manifest store begins so; BMFF files keep it in a box of this kind.
_REMAINS = (b"jumdc2pa", C2PA_BOX, b"<c2pa:manifest")


def verify(
    path: Path,
    *,
    own_roots: str | None = None,
    trust_list: str | None = None,
    stamp_list: str | None = None,
    fragments: Sequence[Path] = (),
) -> Verification:
    """What the signature of a file, of every frame in a folder, or of the stream in one proves.

    PEM texts say whom to trust: `own_roots` (default: those of this computer's identities),
    `trust_list` and `stamp_list` (default: the lists installed here).  `fragments` are the media
    segments that belong to an initialisation segment at `path`.  Raises InvalidMedia for a file
    that is missing, empty or too damaged to say anything about, StorageFailed for one that cannot
    be read.
    """
    with _told(path):
        settings = _settings(own_roots, trust_list, stamp_list)
        if path.is_dir() and (tracks := tracks_of(path)):
            return _verify_stream(path, tracks, settings)
        if path.is_dir():
            return _verify_frames(path, settings)
        return _verify_file(path, settings, fragments)


def verify_against(
    path: Path, manifest: bytes, *, own_roots: str | None = None, trust_list: str | None = None
) -> Verification:
    """What a manifest that was kept elsewhere proves of the file at `path`.

    The state is INTACT if the file is byte for byte what was signed.  Raises as `verify` does.
    """
    import c2pa

    settings = _settings(own_roots, trust_list)
    form = media_type(path) or "application/octet-stream"
    with _told(path):
        try:
            with (
                path.open("rb") as file,
                c2pa.Reader(form, file, manifest, context=settings) as reader,
            ):
                return read_manifest(path, reader, None)
        except c2pa.C2paError as error:
            reason = f"The manifest that was kept is damaged ({plain(error)})."
            return Verification(path, State.ALTERED, (reason,))


def _settings(
    own_roots: str | None, trust_list: str | None, stamp_list: str | None = None
) -> c2pa.Context:
    return context(
        known_roots() if own_roots is None else own_roots,
        roots_of(Kind.SIGNERS) if trust_list is None else trust_list,
        roots_of(Kind.STAMPS) if stamp_list is None else stamp_list,
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the disk raises into one sentence."""
    try:
        yield
    except FileNotFoundError as error:
        missing = error.filename or path
        raise InvalidMedia(f"'{missing}' does not exist.", remedy="Check the path.") from error
    except OSError as error:
        raise StorageFailed(
            f"'{path}' cannot be read: {error.strerror or error}.", remedy="Check its rights."
        ) from error


def _verify_frames(folder: Path, settings: c2pa.Context) -> Verification:
    """The worst state among the frames; claims and signer are those of the first."""
    frames = frames_of(folder)
    if not frames:
        raise InvalidMedia(f"'{folder}' holds no frames.", remedy="Give a file or its folder.")
    found = [_verify_file(frame, settings, ()) for frame in frames]
    reasons = list[str]()
    for state in (State.ALTERED, State.UNSIGNED):
        names = [each.path.name for each in found if each.state is state]
        if names:
            more = "" if len(names) <= _MAX_NAMED_FRAMES else ", ..."
            listed = ", ".join(names[:_MAX_NAMED_FRAMES]) + more
            reasons.append(f"{len(names)} of {len(found)} frames {_verb(state)}: {listed}")
    states = [each.state for each in found]
    worst = next((s for s in (State.ALTERED, State.UNSIGNED) if s in states), State.INTACT)
    signers = {None if each.signer is None else each.signer.serial for each in found}
    if len(signers) > 1:
        reasons.append("Not all frames were signed by the same certificate.")
    first = found[0]
    return Verification(folder, worst, tuple(reasons), first.signer, first.claims)


def _verify_stream(folder: Path, tracks: Sequence[Track], settings: c2pa.Context) -> Verification:
    """Every file of every track must be as it was signed, in its place, and none be missing."""
    played = [track for track in tracks if track.segments]
    if not played:
        return Verification(folder, State.ALTERED, ("None of its segments are there.",))
    found = [_verify_file(track.beginning, settings, track.segments) for track in played]
    states = [each.state for each in found]
    worst = next((s for s in (State.ALTERED, State.UNSIGNED) if s in states), State.INTACT)
    faults = faults_of_stream(tracks, settings) if worst is State.INTACT else []
    if faults:
        worst = State.ALTERED
    reasons = dict.fromkeys(reason for each in found for reason in each.reasons)
    return replace(found[0], path=folder, state=worst, reasons=(*reasons, *faults))


def _verb(state: State) -> str:
    return "were altered" if state is State.ALTERED else "are not signed"


def _verify_file(path: Path, settings: c2pa.Context, fragments: Sequence[Path]) -> Verification:
    import c2pa

    if path.exists() and not path.is_file():
        # A pipe or a device would keep us waiting.
        raise InvalidMedia(f"'{path}' is not a file.", remedy="Give a picture, video or sound.")
    if path.stat().st_size == 0:
        raise InvalidMedia(f"'{path}' is empty.", remedy="Give a picture, video or sound.")
    if path.suffix == SIDECAR_SUFFIX:
        raise InvalidMedia(
            f"'{path}' is the signature of another file.",
            remedy=f"Give that file, '{path.stem}' perhaps.",
        )
    if not fragments and is_part(path):
        raise InvalidMedia(
            f"'{path}' is a part of a stream, and proves nothing alone.",
            remedy="Give the stream's folder, or its beginning with its segments ('--fragment').",
        )
    if path.suffix.lower() in PLAYLIST_SUFFIXES:
        raise InvalidMedia(
            f"'{path}' is a playlist, and proves nothing alone.", remedy="Give the stream's folder."
        )
    try:
        with (
            path.open("rb") as file,
            c2pa.Reader(readable_type(path) or None, file, context=settings) as reader,
        ):
            if fragments:
                return verify_track(Track(path, tuple(fragments)), settings)
            return read_manifest(path, reader, None)
    except c2pa.C2paError.ManifestNotFound:
        return _verify_beside(path, settings) or _unsigned(path)
    except c2pa.C2paError.NotSupported as error:
        return _verify_beside(path, settings) or _not_read(path, error)
    except c2pa.C2paError as error:
        return _not_read(path, error)


def _verify_beside(path: Path, settings: c2pa.Context) -> Verification | None:
    """The answer that a manifest in a file beside `path` gives; None where there is none."""
    import c2pa

    ours, customary = sidecars(path)
    # The customary name leaves the suffix out, so it may belong to another file of this name.
    sidecar = ours if ours.is_file() or embeds(path) else customary
    if not sidecar.is_file():
        return None
    size = sidecar.stat().st_size
    if not 0 < size <= _MAX_SIDECAR:
        fault = "is empty" if size == 0 else "is too large to be one"
        reason = f"The signature file '{sidecar.name}' {fault}."
        return Verification(path, State.ALTERED, (reason,), sidecar=sidecar)
    form = media_type(path) or "application/octet-stream"
    try:
        manifest = sidecar.read_bytes()
        with (
            path.open("rb") as file,
            c2pa.Reader(form, file, manifest, context=settings) as reader,
        ):
            return read_manifest(path, reader, sidecar)
    except c2pa.C2paError as error:
        reason = f"The signature file '{sidecar.name}' is damaged ({plain(error)})."
        return Verification(path, State.ALTERED, (reason,), sidecar=sidecar)


def _unsigned(path: Path) -> Verification:
    reason = "It carries no signature: it was never signed, or the signature was stripped."
    if _has_remains(path):
        reason = "It carries remains of a signature that was damaged or cut out."
    return Verification(path, State.UNSIGNED, (reason,))


def _not_read(path: Path, error: Exception) -> Verification:
    """The answer for a file that the library could not read."""
    if _has_remains(path):
        reason = f"It carries a signature that cannot be read ({plain(error)})."
        return Verification(path, State.ALTERED, (reason,))
    if str(error).startswith("Remote:"):
        reason = "Its signature lies on a server, which is not asked."
        return Verification(path, State.UNSIGNED, (reason,))
    if not embeds(path):
        return Verification(path, State.UNSIGNED, ("No signature lies in it or beside it.",))
    raise InvalidMedia(
        f"'{path}' cannot be read as {media_type(path)}: {plain(error)}.",
        remedy="It is damaged, or is not what its suffix says.",
    )


def _has_remains(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(mark) >= 0 for mark in _REMAINS)
