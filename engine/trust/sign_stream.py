"""Signing a stream, a folder of beginnings and segments, under one manifest for all of them.

The library makes the manifest and checks streams, but its Python package has no call that signs
one (version 0.38.1: there is `Reader.with_fragment`, and nothing like it in `Builder`).  So their
digests are taken here, and the library signs a manifest in which they already stand.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.errors import InvalidMedia
from engine.trust.formats import Track
from engine.trust.fragments import Place, binding, binding_digest, with_manifest, with_place
from engine.trust.identity import Identity
from engine.trust.library import context, library_signer
from engine.trust.manifest_builder import altered_inputs, manifest_builder, run_builder
from engine.trust.playlists import playlists_assertion
from engine.trust.statement import Statement, media_of
from engine.trust.streams import FaultKeepingFile, Nowhere

_FORM: Final = "video/mp4"
_TRIES: Final = 3


def sign_tracks(
    tracks: Sequence[Track], identity: Identity, statement: Statement
) -> tuple[bytes, list[str]]:
    """Sign the files of all tracks in place; the answer is the manifest, and notes on inputs.

    The playlists beside them are bound as they are, and not changed.

    Segments are held in memory one at a time.  Nothing is written before the manifest is signed;
    then file by file, so sign where nobody looks yet.  Raises as `sign` does.
    """
    segments = [
        [binding_digest(content, path.name) for path, content in _placed(track, number)]
        for number, track in enumerate(tracks, 1)
    ]
    beginnings = [track.beginning.read_bytes() for track in tracks]
    names = [track.beginning.name for track in tracks]
    playlists = playlists_assertion(tracks[0].beginning.parent)
    settings = context(own_roots=identity.root)
    media = media_of(statement.origin, signed_before=False)

    def signed(by: Identity, room: int) -> tuple[bytes, list[str]]:
        """The manifest where beginnings have `room` bytes for it: that moves what they hash."""
        parts = zip(beginnings, names, strict=True)
        begun = [binding_digest(with_manifest(p, bytes(room), name), name) for p, name in parts]
        bound = [binding(begun, segments), playlists]
        builder, notes = manifest_builder(settings, statement, media, bound=bound)
        builder.set_no_embed()
        source, nowhere = io.BytesIO(beginnings[0]), FaultKeepingFile(Nowhere())
        return run_builder(builder, _FORM, source, nowhere, by, names[0]), notes

    manifest, notes, room = b"", list[str](), _room(signed, identity)
    for _ in range(_TRIES):
        manifest, notes = signed(identity, room)
        if len(manifest) == room:
            break
        room = len(manifest)
    else:
        raise InvalidMedia(
            f"'{names[0]}' cannot be signed: its manifest has another size each time.",
            remedy="Sign the video as one file.",
        )
    for number, (track, beginning) in enumerate(zip(tracks, beginnings, strict=True), 1):
        for path, content in _placed(track, number):
            path.write_bytes(content)
        track.beginning.write_bytes(with_manifest(beginning, manifest, track.beginning.name))
    return manifest, notes + (altered_inputs(manifest, settings) if media else [])


def digest_of(tracks: Sequence[Track]) -> str:
    """The sha256 of all files of a stream, beginnings first, in hex."""
    digest = hashlib.sha256()
    for track in tracks:
        for path in (track.beginning, *track.segments):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _placed(track: Track, number: int) -> Iterator[tuple[Path, bytes]]:
    """Each segment with what says where it belongs."""
    for count, path in enumerate(track.segments):
        yield path, with_place(path.read_bytes(), Place(number, count), path.name)


def _room(signed: Callable[[Identity, int], tuple[bytes, list[str]]], identity: Identity) -> int:
    """How long the manifest will be, found without asking the key or the time-stamp authority."""
    blank = replace(identity, secret=lambda _: bytes(64), time_authority="")
    manifest, _ = signed(blank, 0)
    return len(manifest) - _reserved(blank) + _reserved(identity)


def _reserved(identity: Identity) -> int:
    signer, _ = library_signer(identity)
    return int(signer.reserve_size())
