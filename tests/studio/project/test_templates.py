"""The templates as the gallery shows them."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Document
from studio.project import templates


def test_the_gallery_begins_with_the_first_video_and_has_pictures() -> None:
    shown = templates.gallery()
    assert [each.name for each in shown[:4]] == ["demo", "realtime", "standard", "cinema"]
    for each in shown:
        assert each.title
        assert each.summary.endswith("."), each.name
        assert each.picture.startswith(b"\xff\xd8"), each.name


def test_an_unknown_template_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'demo'"):
        templates.template("dmeo")


@pytest.mark.parametrize("view", [{}, {"notes": []}, {"notes": {"about": 3}}])
def test_a_document_without_a_note_has_no_summary(view) -> None:
    assert templates.summary_of(Document(view=view)) == ""
