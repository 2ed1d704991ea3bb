"""From a manifest that the library has read to the answer of `verify`; what is read is bounded."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.trust.manifest_report import (
    IngredientEntry,
    ManifestReport,
    actions_of,
    altered_before,
    bindings_of,
    generated,
    ingredients_of,
    judge,
    manifest_holds,
    release_of,
    signer_of,
    stamp_trusted,
    stamped_ahead,
)
from engine.trust.statement import GRAPH_FORMAT, MODEL_TYPE, PROMPT_TYPE, SEED_TYPE
from engine.trust.streams import FaultKeepingFile
from engine.trust.unsigned_room import holds_more
from engine.trust.verification import Claims, State, Verification, printable

if TYPE_CHECKING:
    import c2pa

_MAX_DOCUMENT = 32 << 20
_MAX_PROMPT = 64 << 10
_MAX_SHORT = 4 << 10
_MAX_ACTIONS = 50
_HOLDS_MORE = "Something that nobody signed stands in the room of a signature."


def read_manifest(path: Path, reader: c2pa.Reader, sidecar: Path | None) -> Verification:
    """What the manifest that the library has read proves of the file at `path`."""
    try:
        report = ManifestReport.model_validate_json(reader.json())
    except ValidationError:
        reason = "Its manifest has a form that cannot be understood."
        return Verification(path, State.ALTERED, (reason,), sidecar=sidecar)
    state, reasons = judge(report.results.active)
    if state is State.INTACT and holds_more(_store(reader, report.active_manifest)):
        state, reasons = State.ALTERED, [_HOLDS_MORE, *reasons]
    claims, bindings = Claims(), frozenset[tuple[str, str]]()
    if manifest_holds(report.results.active):
        claims, bindings = _claims(reader, report), bindings_of(report.active)
        reasons += stamped_ahead(report, datetime.now(UTC))
        altered = [each for each in claims.ingredients if each.state is State.ALTERED]
        reasons += [each.called_out for each in altered]
        reasons += [
            f"What went into an input, '{title}', had been altered after it was signed."
            for title in claims.altered_before
        ]
    signer = signer_of(report)
    return Verification(path, state, tuple(reasons), signer, claims, sidecar, bindings)


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
        time_trusted=stamp_trusted(report),
        model=printable(str(model.get("name", ""))),
        model_digest=printable(str(model.get("digest", ""))),
        prompt=printable(_content(reader, by_kind.get(PROMPT_TYPE), _MAX_PROMPT), _MAX_PROMPT),
        seed=_integer(_content(reader, by_kind.get(SEED_TYPE), _MAX_SHORT)),
        generated=generated(report),
        actions=tuple(printable(each.action) for each in actions[:_MAX_ACTIONS]),
        ingredients=ingredients_of(report),
        altered_before=altered_before(report),
        document=_content(reader, by_kind.get(GRAPH_FORMAT), _MAX_DOCUMENT),
        release=release_of(manifest),
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
    if address is None:
        return ""
    return _bytes_at(reader, address, limit).decode("utf-8", errors="replace")


def _store(reader: c2pa.Reader, active: str) -> bytes:
    """All manifests as boxes: what the library answers for the address of a whole one."""
    return _bytes_at(reader, f"self#jumbf=/c2pa/{active}", None)


def _bytes_at(reader: c2pa.Reader, address: str, limit: int | None) -> bytes:
    import c2pa

    content = io.BytesIO()
    try:
        reader.resource_to_stream(address, FaultKeepingFile(content, limit))
    except c2pa.C2paError:
        return b""
    return content.getvalue()


def _json_object(text: str) -> dict[str, object]:
    try:
        value: object = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
