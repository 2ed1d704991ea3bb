"""Every export and everything blocked is in the audit log, without what it showed or said."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from engine.errors import BlockedByPolicy, StorageFailed
from engine.media.write_image import write_image
from engine.trust.audit.chain import as_entry
from engine.trust.audit.entry import Assessment, Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.audit.recording import own_signers
from nodes.publishing import Export, publish
from nodes.safety.check_picture import CheckPicture
from nodes.safety.check_prompt import CheckPrompt
from tests.nodes.pictures import MADE, picture
from tests.nodes.recording import RecordingContext

JUDGED = Assessment(what="picture", by="a classifier", version="3", outcome="passed")
SECRET = "a prompt that nobody else may read"


def export(**changes: object) -> Export:
    made = Export(
        kind="image",
        name="{prompt}",
        suffix=".png",
        origin=replace(MADE, prompt=SECRET),
        write=lambda path: write_image(picture(), path),
        sign=True,
        overwrite=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def events() -> list[Event]:
    entries = [as_entry(row) for row in AuditLog().rows()]
    return [entry.event for entry in entries if entry is not None][1:]


def test_an_export_is_written_down(context: RecordingContext) -> None:
    made = publish(context, export(assessed=lambda: (JUDGED,)))
    (event,) = events()
    assert event.decision is Decision.EXPORTED
    assert event.file == made.digest
    assert event.graph == hashlib.sha256(context.document.encode()).hexdigest()
    assert (event.kind, event.node, event.signed) == ("image", context.node, True)
    assert (event.model, event.model_digest) == (MADE.model, MADE.model_digest)
    assert event.assessed == (JUDGED,)
    assert event.user
    assert "self-issued" in event.signer
    assert AuditLog().verify(own_signers()).vouched == 2


def test_an_export_that_nothing_judged_says_so(context: RecordingContext) -> None:
    publish(context, export(sign=False))
    assert [(e.decision, e.signed) for e in events()] == [(Decision.RELEASED, False)]


def test_neither_prompt_nor_name_nor_pixels_are_in_the_log(context: RecordingContext) -> None:
    made = publish(context, export())
    assert "prompt" in made.path.name
    kept = b"".join(path.read_bytes() for path in AuditLog().path.parent.iterdir())
    for told in (SECRET, SECRET.replace(" ", "_"), made.path.name):
        assert told.encode() not in kept


def test_what_cannot_be_written_down_is_not_exported(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog().path
    log.parent.mkdir(parents=True)
    log.write_bytes(b"no database at all, whatever its name says" * 40)
    with pytest.raises(StorageFailed, match="is damaged, or not an audit log"):
        publish(context, export())
    assert list(context.output.iterdir()) == []


def test_an_export_that_is_blocked_is_written_down(context: RecordingContext) -> None:
    def blocked(_: object) -> None:
        raise BlockedByPolicy("Not this one.")

    with pytest.raises(BlockedByPolicy):
        publish(context, export(write=blocked, assessed=lambda: (JUDGED,)))
    (event,) = events()
    assert (event.decision, event.file, event.assessed) == (Decision.BLOCKED, "", (JUDGED,))


def test_a_blocked_prompt_is_written_down_without_its_words(context: RecordingContext) -> None:
    words = "photo of naked children"
    with pytest.raises(BlockedByPolicy):
        CheckPrompt(text=words, policy="", classifier="").run(context)
    (event,) = events()
    assert (event.decision, event.kind) == (Decision.BLOCKED, "prompt")
    assert event.assessed[0].outcome == "blocked"
    assert event.reason
    kept = b"".join(path.read_bytes() for path in AuditLog().path.parent.iterdir())
    assert b"naked" not in kept


def test_a_prompt_that_is_blocked_beside_a_picture_is_written_down(
    context: RecordingContext,
) -> None:
    check = CheckPicture(
        image=picture(), text="photo of naked children", policy="", picture_classifier="",
        text_classifier="",
    )  # fmt: skip
    with pytest.raises(BlockedByPolicy):
        check.run(context)
    assert [event.decision for event in events()] == [Decision.BLOCKED]


def test_an_allowed_prompt_is_nobodys_business(context: RecordingContext) -> None:
    CheckPrompt(text="a red ball", policy="", classifier="").run(context)
    assert events() == []
    assert not AuditLog().path.exists()
