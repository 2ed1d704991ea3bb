"""The templates as the gallery shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Document
from engine.models import catalog
from studio.project import templates
from studio.project.templates import Template


@pytest.fixture(scope="module")
def shown() -> tuple[Template, ...]:
    return templates.gallery()


def test_the_gallery_begins_with_the_first_video_and_then_with_what_runs_at_once(shown) -> None:
    assert [each.name for each in shown[:4]] == ["demo", "realtime", "standard", "cinema"]
    at_once = [each.runs_at_once for each in shown]
    assert at_once == sorted(at_once, reverse=True)
    names = [each.name for each in shown]
    of_one_model = ["wan_text", "wan_lora", "wan_video"]
    assert [name for name in names if name in of_one_model] == of_one_model
    assert names.index("ltx2_text") < names.index("ltx2_sound")


def test_what_runs_at_once_has_a_picture_and_nothing_else_pretends_to(shown) -> None:
    for each in shown:
        assert each.title
        assert each.summary.endswith("."), each.name
        assert each.picture.startswith(b"\xff\xd8") == each.runs_at_once, each.name


def test_a_catalog_of_ones_own_that_is_at_fault_takes_no_template_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    (tmp_path / "catalog.toml").write_text("[[model]]")
    shown = {each.name: each for each in templates.gallery()}
    assert list(shown) == templates.names()
    assert shown["demo"].runs_at_once
    assert not shown["wan_text"].runs_at_once


def test_what_is_to_be_fetched_is_said_from_the_catalog(shown) -> None:
    needs = {each.name: each.needs for each in shown}["hunyuan_text"]
    assert needs is not None
    assert needs.licence == catalog.find("hunyuan-video").licence
    assert needs.size > 40_000_000_000


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", {"demo", "wan_text", "ltx2_image"}),
        ("WAN  image", {"wan_image", "wan22_5b_image"}),
        ("apache ltx", set()),
        ("a14b", {"wan22_text", "wan22_image"}),
    ],
)
def test_words_in_any_order_find_a_template(shown, typed: str, found: set[str]) -> None:
    names = {each.name for each in shown if each.matches(typed)}
    assert names >= found
    assert bool(found) or not names


def test_an_unknown_template_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'demo'"):
        templates.document("dmeo")


@pytest.mark.parametrize("view", [{}, {"notes": []}, {"notes": {"about": 3}}])
def test_a_document_without_a_note_has_no_summary(view) -> None:
    assert templates.summary_of(Document(view=view)) == ""
