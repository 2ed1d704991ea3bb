"""What the App view shows; no Qt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studio.document import OpenDocument
from studio.inspector.app_face import app_face, usual_controls
from studio.runs import Run


def tr(text: str, **values: object) -> str:
    """English."""
    return text.format(**values) if values else text


@pytest.mark.parametrize(
    ("known", "headline", "tone"),
    [
        (dict(state="queued", line=0), "Next in line", "muted"),
        (dict(state="queued", line=1), "Waiting: 1 run is ahead", "muted"),
        (dict(state="queued", line=3), "Waiting: 3 runs are ahead", "muted"),
        (dict(state="running", done=3, total=9, eta=65.0), "Step 3 of 9, 1:05 left", "muted"),
        (dict(state="running"), "Working", "muted"),
        (dict(state="paused"), "Paused", "warning"),
        (dict(state="done", started=1.0, ended=13.0), "Done in 12 s", "success"),
        (dict(state="failed", error="The disk is full."), "The disk is full.", "danger"),
        (dict(state="lost"), "The connection to this run was lost.", "danger"),
    ],
)
def test_the_run_is_told_in_a_sentence(
    opened: OpenDocument,
    ran: Callable[..., Run],
    known: dict[str, object],
    headline: str,
    tone: str,
) -> None:
    face = app_face(opened, ran(**known), tr)
    assert (face.headline, face.tone) == (headline, tone)
    assert face.active == (known["state"] in ("queued", "running", "paused"))


def test_what_keeps_it_from_running_is_told(opened: OpenDocument) -> None:
    assert app_face(opened, None, tr).problem is None
    opened.document = opened.document.model_copy(update={"links": ()})
    assert opened.problems
    problem = app_face(opened, None, tr).problem
    assert problem is not None
    assert problem.severity == "error"


def test_the_usual_controls_are_texts_seeds_and_files_that_no_link_feeds(
    opened: OpenDocument,
) -> None:
    edit = usual_controls(opened)
    assert edit is not None
    opened.do(edit)
    places = {(it.node, it.param) for it in opened.document.exposed.values()}
    assert places == {("prompt", "text"), ("roll", "seed"), ("second", "seed")}
    assert usual_controls(opened) is None
    assert app_face(opened, None, tr).controls[0].label == "Prompt"
