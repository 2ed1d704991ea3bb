"""The example graphs: valid, laid out to be read, and they run."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from engine.graph.document import Document, dump_document, load_document
from engine.graph.edits.view import boxes_of
from engine.graph.overrides import apply_values
from engine.graph.registry import installed_registry
from engine.graph.validate import check
from engine.media.read_image import read_image
from engine.media.write_image import write_image
from engine.run.runner import RunRequest
from engine.trust.verify import verify
from studio.project import templates
from tests.assets.starter_graphs import starter_graphs
from tests.nodes.conftest import MakeRunner
from tests.nodes.pictures import picture

GRAPHS = sorted(Path("assets/graphs").glob("*.reel"))
STARTER = [Path("assets/graphs") / f"{name}.reel" for name in sorted(starter_graphs())]
EACH = pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
EACH_AT_ONCE = pytest.mark.parametrize("path", STARTER, ids=lambda path: path.stem)
TIERS = ("realtime", "standard", "cinema")
MOST_PICTURE_BYTES = 30_000
BOX = (220, 140)
"""Pixels that a box takes at least; the studio draws tall ones taller, downwards."""


def graph(name: str) -> Document:
    return load_document(Path("assets/graphs") / f"{name}.reel")


def positions(document: Document) -> dict[str, tuple[float, float]]:
    return {id: (box["at"][0], box["at"][1]) for id, box in boxes_of(document).items()}  # type: ignore[call-overload, index, misc]


def test_the_examples_that_the_command_line_names_are_there() -> None:
    names = {path.stem for path in GRAPHS}
    usual = {"demo", *TIERS, "image_to_video", "first_last_frame", "variations"}
    assert usual | {"strict", "minimal"} <= names


@EACH
def test_a_graph_is_valid_and_of_the_newest_versions(path: Path) -> None:
    document, registry = load_document(path), installed_registry()
    check(document, registry)
    for spec in document.nodes.values():
        declared = registry.get(spec.type)
        assert declared is not None
        assert spec.version == declared.version


@EACH
def test_a_graph_is_saved_as_the_program_saves_it(path: Path) -> None:
    assert path.read_text("utf-8") == dump_document(load_document(path))


@EACH
def test_a_graph_has_a_name_and_says_what_it_exposes(path: Path) -> None:
    document = load_document(path)
    assert document.name
    assert {"prompt", "steps", "model"} <= set(document.exposed)
    for name, exposed in document.exposed.items():
        assert exposed.label, name
        assert exposed.help.endswith("."), name


@EACH
def test_boxes_stand_left_of_what_they_feed_and_on_no_other(path: Path) -> None:
    document = load_document(path)
    placed = positions(document)
    assert set(placed) == set(document.nodes)
    for link in document.links:
        assert placed[link.source[0]][0] + BOX[0] < placed[link.target[0]][0], link
    for (one, (x, y)), (other, (u, v)) in combinations(placed.items(), 2):
        assert abs(x - u) >= BOX[0] or abs(y - v) >= BOX[1], f"{one} stands on {other}"


@EACH
def test_a_graph_has_a_note_above_its_boxes(path: Path) -> None:
    document = load_document(path)
    assert templates.summary_of(document).endswith(".")
    about = document.view["notes"]["about"]  # type: ignore[call-overload, index]
    assert about["at"][1] + about["size"][1] < min(y for _, y in positions(document).values())  # type: ignore[call-overload, index, operator]


@EACH_AT_ONCE
def test_what_runs_at_once_has_a_small_picture_of_what_it_makes(path: Path) -> None:
    shown = path.with_suffix(templates.PICTURE)
    assert shown.stat().st_size <= MOST_PICTURE_BYTES
    height, width = read_image(shown).pixels_HWC.shape[:2]
    assert width == height * templates.PICTURE_FRAMES


@EACH
def test_every_prompt_is_checked_and_every_video_is_signed(path: Path) -> None:
    types = {id: spec.type for id, spec in load_document(path).nodes.items()}
    assert "safety.prompt" in types.values()
    writers = ("output.video", "output.release")
    saves = [spec for spec in load_document(path).nodes.values() if spec.type in writers]
    assert saves
    assert all(save.params.get("sign", True) for save in saves)


@EACH
def test_what_is_to_be_avoided_and_every_picture_are_checked_too(path: Path) -> None:
    document = load_document(path)
    types = {id: spec.type for id, spec in document.nodes.items()}
    into = {link.target: link.source[0] for link in document.links}
    texts = {id for id, type in types.items() if type == "text.prompt"}
    assert texts == {
        into[("policy", port)] for port in ("text", "negative") if ("policy", port) in into
    }
    for link in document.links:
        if types[link.source[0]] == "input.image":
            assert types[link.target[0]] == "safety.picture"
    encoded = [into[(id, "text")] for id, type in types.items() if type == "prompt.encode"]
    assert all(
        types[source] in ("safety.prompt", "safety.picture", "text.prompt") for source in encoded
    )


def test_strict_says_in_the_file_what_was_done_and_minimal_what_was_not(
    make_runner: MakeRunner, weights: Path
) -> None:
    def told(name: str) -> tuple[str, str]:
        small = {"model": str(weights), "steps": 1, "frames": 5}
        document = apply_values(graph(name), small, installed_registry())
        (made,) = make_runner().run(RunRequest(document)).artifacts
        release = verify(made.path).claims.release
        assert release is not None
        return release.checked, release.marked

    assert "visible label" in told("strict")[1]
    checked, marked = told("minimal")
    assert "nsfw: not assessed" in checked
    assert marked == "not marked"


def test_the_tiers_differ_in_effort() -> None:
    def effort(name: str) -> float:
        params = graph(name).nodes["sample"].params
        evaluations = 2 if params.get("solver") == "heun" else 1
        steps = params["steps"]
        assert isinstance(steps, int)
        return steps * evaluations

    realtime, standard, cinema = map(effort, TIERS)
    assert realtime * 2 < standard < cinema / 2


@EACH_AT_ONCE
def test_a_graph_runs_to_a_signed_video(
    path: Path, make_runner: MakeRunner, weights: Path, tmp_path: Path
) -> None:
    image = tmp_path / "picture.png"
    write_image(picture(64, 64), image)
    given = {"model": str(weights), "steps": 2, "frames": 5, "variations": 2}
    given |= dict.fromkeys(("picture", "first", "last"), str(image))
    document = load_document(path)
    known = {name: value for name, value in given.items() if name in document.exposed}
    document = apply_values(document, known, installed_registry())
    done = make_runner().run(RunRequest(document))
    assert done.errors == {}
    assert len(done.artifacts) == known.get("variations", 1)
    assert all(artifact.signed and artifact.path.is_file() for artifact in done.artifacts)
