"""Verifying a file: is it as it was signed, by whom, and what does its signer say of it.

Nothing is fetched from a network.  The time is that of hashing the file once; what is read out
of a manifest is bounded.

INTACT covers every byte but these, which C2PA leaves out of the content's hash: the manifest's
own place; in MP4 and its kin the boxes ftyp, mfra, free and skip (brand, index, padding).  Within
a manifest padding and the labels of boxes are covered by nothing, and say nothing.
"""

from __future__ import annotations

import io
import json
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import InvalidMedia, StorageFailed
from engine.trust.formats import SIDECAR_SUFFIX, embeds, frames_of, media_type, sidecars
from engine.trust.library import context, plain
from engine.trust.manifest_report import (
    IngredientEntry,
    ManifestReport,
    actions_of,
    generated,
    ingredients_of,
    judge,
    manifest_holds,
    signer_of,
)
from engine.trust.self_issued import known_roots
from engine.trust.statement import GRAPH_FORMAT, MODEL_TYPE, PROMPT_TYPE, SEED_TYPE
from engine.trust.streams import FaultKeepingFile
from engine.trust.verification import Claims, State, Verification, printable

if TYPE_CHECKING:
    import c2pa

_MAX_SIDECAR = 64 << 20
_MAX_DOCUMENT = 32 << 20
_MAX_PROMPT = 64 << 10
_MAX_SHORT = 4 << 10
_MAX_ACTIONS = 50
_MAX_NAMED_FRAMES = 3
# A manifest store begins so; BMFF files keep it in a box of this kind.
_REMAINS = (b"jumdc2pa", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"))


def verify(
    path: Path,
    *,
    own_roots: str | None = None,
    trust_list: str = "",
    fragments: Sequence[Path] = (),
) -> Verification:
    """What the signature of a file, or of every frame in a folder, proves.

    `own_roots` (default: those of this computer's identities) and `trust_list` are PEM texts of
    the roots that make a signer trusted.  `fragments` are the media segments that belong to an
    initialisation segment at `path`.  Raises InvalidMedia for a file that is missing, empty or
    too damaged to say anything about, StorageFailed for one that cannot be read.
    """
    roots = known_roots() if own_roots is None else own_roots
    try:
        settings = context(roots, trust_list)
        if path.is_dir():
            return _verify_frames(path, settings)
        return _verify_file(path, settings, fragments)
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
    try:
        with (
            path.open("rb") as file,
            c2pa.Reader(media_type(path) or None, file, context=settings) as reader,
        ):
            for fragment in fragments:
                _add_fragment(reader, path, fragment)
            return _read(path, reader, None)
    except c2pa.C2paError.ManifestNotFound:
        return _verify_beside(path, settings) or _unsigned(path)
    except c2pa.C2paError.NotSupported as error:
        return _verify_beside(path, settings) or _not_read(path, error)
    except c2pa.C2paError as error:
        return _not_read(path, error)


def _add_fragment(reader: c2pa.Reader, path: Path, fragment: Path) -> None:
    with path.open("rb") as start, fragment.open("rb") as part:
        reader.with_fragment(media_type(path), start, part)


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
            return _read(path, reader, sidecar)
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


def _read(path: Path, reader: c2pa.Reader, sidecar: Path | None) -> Verification:
    """The answer that a manifest gives."""
    try:
        report = ManifestReport.model_validate_json(reader.json())
    except ValidationError:
        reason = "Its manifest has a form that cannot be understood."
        return Verification(path, State.ALTERED, (reason,), sidecar=sidecar)
    state, reasons = judge(report.results.active)
    claims = Claims()
    if manifest_holds(report.results.active):
        claims = _claims(reader, report)
        altered = [each for each in claims.ingredients if each.state is State.ALTERED]
        reasons += [each.called_out for each in altered]
    return Verification(path, state, tuple(reasons), signer_of(report), claims, sidecar)


def _claims(reader: c2pa.Reader, report: ManifestReport) -> Claims:
    manifest = report.active
    by_kind = _data_by_kind(manifest.ingredients)
    model = _json_object(_content(reader, by_kind.get(MODEL_TYPE), _MAX_SHORT))
    actions = actions_of(manifest)
    maker = manifest.claim_generator_info[:1]
    generator = f"{maker[0].name} {maker[0].version}" if maker else manifest.claim_generator
    return Claims(
        title=printable(manifest.title),
        generator=printable(generator.strip()),
        time=printable(manifest.signature_info.time, 40),
        model=printable(str(model.get("name", ""))),
        model_digest=printable(str(model.get("digest", ""))),
        prompt=printable(_content(reader, by_kind.get(PROMPT_TYPE), _MAX_PROMPT), _MAX_PROMPT),
        seed=_integer(_content(reader, by_kind.get(SEED_TYPE), _MAX_SHORT)),
        generated=generated(report),
        actions=tuple(printable(each.action) for each in actions[:_MAX_ACTIONS]),
        ingredients=ingredients_of(report),
        document=_content(reader, by_kind.get(GRAPH_FORMAT), _MAX_DOCUMENT),
    )


def _data_by_kind(ingredients: Sequence[IngredientEntry]) -> dict[str, str]:
    """Where each kind of data lies in the manifest: data type or format, to its address."""
    found: dict[str, str] = {}
    for each in ingredients:
        if each.data is not None and each.data.identifier:
            for kind in (*(entry.type for entry in each.data_types), each.format):
                found.setdefault(kind, each.data.identifier)
    return found


def _content(reader: c2pa.Reader, address: str | None, limit: int) -> str:
    """The text at an address in the manifest; empty where there is none, or too much of it."""
    import c2pa

    if address is None:
        return ""
    content = io.BytesIO()
    try:
        reader.resource_to_stream(address, FaultKeepingFile(content, limit))
    except c2pa.C2paError:
        return ""
    return content.getvalue().decode("utf-8", errors="replace")


def _json_object(text: str) -> dict[str, object]:
    try:
        value: object = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
