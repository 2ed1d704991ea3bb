"""From a statement to a signed manifest, by the library's builder, whatever file is to carry it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from engine.errors import InvalidInput, InvalidMedia, ReelwrightError
from engine.file_digests import KNOWN_DIGESTS
from engine.trust.formats import media_type
from engine.trust.identity import Identity
from engine.trust.library import library_signer, plain
from engine.trust.manifest_report import ManifestReport, ingredients_of
from engine.trust.statement import MediaIngredient, Statement, definition_of, parts_of
from engine.trust.streams import FaultKeepingFile
from engine.trust.verification import State

if TYPE_CHECKING:
    import c2pa


# How the library speaks of a failed time stamp, in no type of its own.
_OF_STAMPS = ("http", "time stamp", "timestamp", "decode error")


def manifest_builder(
    settings: c2pa.Context,
    statement: Statement,
    media: Sequence[MediaIngredient],
    *,
    signed_before: bool = False,
    bound: Sequence[Mapping[str, object]] = (),
) -> tuple[c2pa.Builder, list[str]]:
    """The library's builder with all that is stated, and notes on inputs that could not be read.

    `signed_before` makes the file as it is the parent, with its manifest.  `bound` are the
    assertions that bind the manifest to its files; without any the library makes one.
    """
    import c2pa

    definition = definition_of(statement, media, signed_before=signed_before, bound=bound)
    builder = c2pa.Builder(definition, context=settings)
    if signed_before:
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    for part in parts_of(statement):
        builder.add_resource(part.definition["data"]["identifier"], io.BytesIO(part.content))
    return builder, [note for each in media if (note := _add_media(builder, each))]


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
        with media.path.open("rb") as file:
            digest = KNOWN_DIGESTS.digest(media.path)
            definition["instance_id"] = f"sha256:{digest}-{media.label}"
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


def run_builder(
    builder: c2pa.Builder,
    form: str,
    source: BinaryIO,
    target: FaultKeepingFile,
    identity: Identity,
    name: str,
) -> bytes:
    """Sign `source` into `target`; the answer is the manifest.

    Raises InvalidMedia naming the file, OSError where `target` cannot be written, and what the
    key or the time-stamp authority failed with.
    """
    import c2pa

    signer, fault = library_signer(identity)
    try:
        return bytes(builder.sign(signer, form, source, target))
    except c2pa.C2paError as error:
        known = fault() or target.fault or _unstamped(identity, error) or _ended(identity, error)
        raise known or refused(name, error) from error


def _unstamped(identity: Identity, error: Exception) -> ReelwrightError | None:
    """What to tell where it was the time-stamp authority that failed."""
    told = str(error).lower()
    if not identity.time_authority or not any(word in told for word in _OF_STAMPS):
        return None
    return ReelwrightError(
        f"The time-stamp authority '{identity.time_authority}' gave no time: {plain(error)}.",
        remedy="Try again, or unset REELWRIGHT_TIME_AUTHORITY to sign without a stamped time.",
    )


def _ended(identity: Identity, error: Exception) -> ReelwrightError | None:
    """What to tell where the certificate ended, or the clock was set, after it was looked at."""
    if "certificate was not valid" not in str(error).lower():
        return None
    return InvalidInput(
        f"The certificate of '{identity.name}' is not valid now.",
        remedy="Renew it, or check this computer's clock.",
    )


def refused(name: str, error: Exception) -> InvalidMedia:
    """What to tell of a file that the library does not sign."""
    return InvalidMedia(
        f"'{name}' cannot be signed: {plain(error)}.",
        remedy="Check that the file is complete and is what its suffix says.",
    )


def altered_inputs(manifest: bytes, settings: c2pa.Context) -> list[str]:
    """A note for each input whose own signature did not hold when it went in."""
    import c2pa

    with c2pa.Reader("application/c2pa", io.BytesIO(manifest), context=settings) as reader:
        report = ManifestReport.model_validate_json(reader.json())
    return [each.called_out for each in ingredients_of(report) if each.state is State.ALTERED]
