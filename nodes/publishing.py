"""The last way of every export: write it aside, sign it, and put it into its place.

Nothing is seen in the output folder before it is finished and signed.  Work under way lies in a
hidden folder there (so that the last move stays on one disk and is atomic); what a killed process
left behind goes with the next export.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from engine.errors import BlockedByPolicy, InvalidInput, StorageFailed
from engine.file_digests import content_digest
from engine.graph.context import Context
from engine.values import Artifact, Origin, Report
from nodes.auditing import audit

if TYPE_CHECKING:
    from engine.trust.audit.entry import Assessment
    from engine.trust.release import Mark, Release
    from engine.trust.sign import Signed

Kind = Literal["video", "image", "audio", "frames", "stream"]

NAME_HELP: Final = (
    "Name of the file without its ending; {seed} and {prompt} stand for what made it. "
    "A name that is taken gets a number."
)
SIGN_HELP: Final = "Sign the file, with graph, model and prompt in its manifest (C2PA)."
OVERWRITE_HELP: Final = "Replace a file of the same name instead of numbering the new one."

# The owner's computer and process: folders are shared between computers and containers.
_STAGE: Final = f".reelwright-{os.uname().nodename}-"
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_LONGEST_NAME: Final = 120  # bytes: file systems allow 255, endings and numbers follow


@dataclass(frozen=True)
class Export:
    """What is to be published: a name pattern, an ending ('' for a folder), and how to write it.

    `write` is given the path to write to; `thumbnail` likewise, or is None.  `assessed` and
    `marks` answer, once all is written, what was judged of it and which marks it carries.
    """

    kind: Kind
    name: str
    suffix: str
    origin: Origin
    write: Callable[[Path], None]
    sign: bool
    overwrite: bool
    thumbnail: Callable[[Path], None] | None = None
    assessed: Callable[[], tuple[Assessment, ...]] = tuple
    marks: Callable[[], tuple[Mark, ...]] = tuple

    def released(self) -> Release:
        """What the manifest and the report say of checks and marks."""
        from engine.trust.release import Release

        return Release(self.assessed(), self.marks())


def publish(ctx: Context, export: Export) -> Artifact:
    """Write, sign, audit and place a file or a folder of frames.

    Raises StorageFailed for a folder that is full or cannot be written, and for an audit log or a
    ledger that cannot; BlockedByPolicy where writing meets what is blocked.  Nothing is left then.
    """
    name = file_name(export.name, export.origin)
    with _stage(ctx.output) as stage:
        draft = stage / (name + export.suffix)
        _write(ctx, draft, export)
        signed = _sign(ctx, draft, export) if export.sign else None
        digest = content_digest(draft)
        picture = stage / f"{name}.jpg"
        if export.thumbnail is not None:
            export.thumbnail(picture)
        # Ahead of the move: no file comes out that the log does not know.
        _audit_release(ctx, export, digest)
        _enter(ctx, export, draft.name, digest, b"" if signed is None else signed.manifest)
        wanted = ctx.output / (name + export.suffix)
        place = _replace(draft, wanted) if export.overwrite else _place(draft, wanted)
        _place_sidecar(None if signed is None else signed.sidecar, place)
        shown = place.with_name(place.name + ".jpg") if export.thumbnail is not None else None
        if shown is not None:
            os.replace(picture, shown)
    return Artifact(
        place,
        export.kind,
        digest,
        signed=export.sign,
        thumbnail=shown,
        reports=(_report(export),),
    )


def file_name(pattern: str, origin: Origin) -> str:
    """A safe file name from a pattern.  Raises InvalidInput for one that leaves the folder."""
    seed = "" if origin.seed is None else str(origin.seed)
    text = pattern.replace("{seed}", seed).replace("{prompt}", origin.prompt[:60])
    if "/" in pattern or "\\" in pattern:
        raise InvalidInput(
            f"The name '{pattern}' holds a path.",
            remedy="Give a name alone; '--out' chooses the folder.",
        )
    # A name that begins with '-' would be an option to whatever is given the file.
    name = _UNSAFE.sub("_", text).strip("._-")
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore").strip("._-") or "untitled"


def _write(ctx: Context, draft: Path, export: Export) -> None:
    from engine.trust.audit.entry import Decision

    try:
        export.write(draft)
    except BlockedByPolicy:
        assessed = export.assessed()
        audit(ctx, Decision.BLOCKED, export.kind, origin=export.origin, assessed=assessed)
        raise


def _audit_release(ctx: Context, export: Export, digest: str) -> None:
    from engine.trust.audit.entry import Decision

    assessed = export.assessed()
    audit(
        ctx,
        Decision.EXPORTED if any(map(_judged, assessed)) else Decision.RELEASED,
        export.kind,
        origin=export.origin,
        file=digest,
        signed=export.sign,
        assessed=assessed,
    )


def _judged(check: Assessment) -> bool:
    return check.outcome != "not assessed"


def _enter(ctx: Context, export: Export, title: str, digest: str, manifest: bytes) -> None:
    """Write into the ledger what leads from a mark, or from the bare file, to its manifest."""
    from engine.trust.ledger import Entry, Ledger

    marks = export.marks()
    if manifest or any(mark.bound for mark in marks):
        entry = Entry(title, str(ctx.output), digest, manifest, ctx.document)
        Ledger().add(entry, marks)


def _report(export: Export) -> Report:
    """What was checked and marked, in words."""
    released = export.released()
    findings: dict[str, str | float | bool] = {
        "checked": released.checked,
        "marked": released.marked,
        "signed": export.sign,
    }
    return Report("Release", any(map(_judged, released.checks)), findings)


def _sign(ctx: Context, draft: Path, export: Export) -> Signed:
    from engine.trust.chosen_identity import signing_identity
    from engine.trust.sign import sign
    from engine.trust.statement import Statement
    from nodes import product_version

    statement = Statement(
        title=draft.name,
        origin=export.origin,
        document=ctx.document,
        version=product_version(),
        release=export.released(),
    )
    signed = sign(draft, signing_identity(), statement)
    for note in signed.notes:
        ctx.note(note)
    return signed


@contextmanager
def _stage(output: Path) -> Iterator[Path]:
    """A hidden folder in the output folder, gone afterwards."""
    stage = output / f"{_STAGE}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        output.mkdir(parents=True, exist_ok=True)
        _sweep(output)
        stage.mkdir()
        yield stage
    except OSError as error:
        raise StorageFailed(
            f"Nothing can be written to '{output}': {error.strerror or error}.",
            remedy="Free some space, or choose another folder with '--out'.",
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _sweep(output: Path) -> None:
    """Remove what processes of this computer that are no more have left behind."""
    for left in output.glob(f"{_STAGE}*"):
        owner = left.name.removeprefix(_STAGE).partition("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _replace(draft: Path, place: Path) -> Path:
    """Move a finished draft to its place; what is there goes with the stage."""
    if place.is_dir():
        os.rename(place, draft.with_name(".replaced"))
    os.replace(draft, place)
    return place


def _place(draft: Path, place: Path) -> Path:
    """Move a finished draft to its place, or to the first numbered one that is free."""
    suffix = "" if draft.is_dir() else place.suffix
    name = place.name.removesuffix(suffix)
    for number in count(2):
        with suppress(FileExistsError):
            _move(draft, place)
            return place
        place = place.with_name(f"{name}_{number}{suffix}")
    raise AssertionError("there is always a free number")


def _place_sidecar(sidecar: Path | None, place: Path) -> None:
    """Put the manifest beside its file; one of a file that was replaced must not stay there."""
    from engine.trust.formats import SIDECAR_SUFFIX

    beside = place.with_name(place.name + SIDECAR_SUFFIX)
    if sidecar is None:
        beside.unlink(missing_ok=True)
    else:
        os.replace(sidecar, beside)


def _move(draft: Path, place: Path) -> None:
    """Move to a name that is free.  Raises FileExistsError if it is taken.

    Unlike a plain rename it replaces nothing that came meanwhile.
    """
    if draft.is_dir():
        place.mkdir()
        os.rename(draft, place)
        return
    try:
        os.link(draft, place)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        place.touch(exist_ok=False)
        os.replace(draft, place)
