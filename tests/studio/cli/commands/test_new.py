from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph.document import parse_document
from studio.project import templates


def test_the_templates_are_listed_with_their_names_the_demo_first(cli) -> None:
    result = cli("new")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split(maxsplit=1) == ["demo", "A first video"]
    assert len(result.stdout.splitlines()) == len(templates.names())
    (told,) = (line for line in result.stdout.splitlines() if line.startswith("mochi_text "))
    assert told.endswith("mochi-1-preview")
    assert "models info" in result.stderr


@pytest.mark.parametrize("name", templates.names())
def test_every_template_makes_a_graph_under_its_name(cli, name: str) -> None:
    result = cli("new", "--template", name)
    assert result.stdout == f"{name}.reel\n"
    assert parse_document(Path(f"{name}.reel").read_text()) == templates.document(name)


def test_a_path_alone_begins_with_the_demo_and_gets_an_ending(cli) -> None:
    assert cli("new", "below/mine").stdout == "below/mine.reel\n"
    assert parse_document(Path("below/mine.reel").read_text()) == templates.document("demo")


def test_what_is_there_is_not_overwritten(cli) -> None:
    Path("mine.reel").write_text("precious")
    result = cli("new", "mine.reel")
    assert result.exit_code == 2
    assert "'mine.reel' exists already." in result.stderr
    assert Path("mine.reel").read_text() == "precious"


def test_an_unknown_template_is_answered_with_the_one_that_was_meant(cli, tmp_path) -> None:
    result = cli("new", "--template", "dmeo")
    assert result.exit_code == 2
    assert "There is no template 'dmeo'. Did you mean 'demo'?" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_sentence(cli) -> None:
    Path("file").write_text("")
    result = cli("new", "file/mine.reel")
    assert result.exit_code == 1
    assert "mine.reel' cannot be written" in result.stderr
