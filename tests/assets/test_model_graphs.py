"""The graphs of open models: each runs to its end with a tiny random checkpoint of its family."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.graph.document import Document
from engine.graph.overrides import apply_values
from engine.graph.registry import installed_registry
from engine.media.read_video import read_video
from engine.media.write_image import write_image
from engine.media.write_video import write_video
from engine.models import catalog
from engine.models.residency import Residency
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from engine.trust.verification import State
from engine.trust.verify import verify
from studio.project import templates
from tests.assets.starter_graphs import FAMILY, family_of
from tests.engine.models.conftest import TinyModel
from tests.nodes.pictures import clip, picture

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
SIDE = 64
STEPS = 2


@dataclass(frozen=True)
class Tiny:
    """What stands in for a graph's model, and the shortest clip of it that means something."""

    family: str
    frames: int
    options: dict[str, str | bool] = field(default_factory=dict)
    given: int = 9
    """Frames of the clips that it is given."""


def wan(kind: str) -> Tiny:
    return Tiny("wan", 5, {"kind": kind})


TINY = {
    "cogvideox_image": Tiny("cogvideox", 9, {"takes_image": True}),
    "cogvideox_text": Tiny("cogvideox", 9),
    "cogvideox_video": Tiny("cogvideox", 9),
    "hunyuan15_image": Tiny("hunyuan15", 5, {"takes_image": True}),
    "hunyuan15_text": Tiny("hunyuan15", 5),
    "hunyuan_image": Tiny("hunyuan", 5, {"image": "token_replace"}),
    "hunyuan_text": Tiny("hunyuan", 5),
    "latte_text": Tiny("latte", 6),
    "ltx2_extend": Tiny("ltx2", 17),
    "ltx2_image": Tiny("ltx2", 9),
    "ltx2_keyframes": Tiny("ltx2", 17),
    "ltx2_sound": Tiny("ltx2", 9),
    "ltx2_text": Tiny("ltx2", 9),
    "ltx_extend": Tiny("ltx", 17),
    "ltx_fast": Tiny("ltx", 9),
    "ltx_image": Tiny("ltx", 9),
    "ltx_keyframes": Tiny("ltx", 17),
    "ltx_text": Tiny("ltx", 9),
    "mochi_text": Tiny("mochi", 7),
    "opensora_ends": Tiny("opensora", 9),
    "opensora_extend": Tiny("opensora", 37, given=33),
    "opensora_text": Tiny("opensora", 5),
    "own_folder": Tiny("generic", 9, {"kind": "skyreels"}),
    "wan22_5b_image": wan("small"),
    "wan22_5b_text": wan("small"),
    "wan22_compact": wan("experts"),
    "wan22_image": wan("pictures22"),
    "wan22_text": wan("experts"),
    "wan_control": wan("guided"),
    "wan_fast": wan("words"),
    "wan_first_last": wan("ends"),
    "wan_image": wan("pictures"),
    "wan_keyframes": wan("guided"),
    "wan_lora": wan("words"),
    "wan_reference": wan("guided"),
    "wan_repaint": wan("guided"),
    "wan_text": wan("words"),
    "wan_video": wan("words"),
}

PLACES = {
    "first": "image", "last": "last-image", "frame": "keyframes", "reference": "reference"
}  # fmt: skip
PORTS = {"source": "video", "beginning": "extension", "control": "control"}
PICTURES = ("picture", "first", "middle", "last")
CLIPS = ("video", "guide", "clip", "mask")


@pytest.fixture(scope="module")
def models() -> Residency:
    return Residency(device="cpu", budget=1 << 30)


@pytest.fixture
def inputs(tmp_path: Path, name: str) -> dict[str, Path]:
    """A file for each of those that the graph asks for."""
    exposed = templates.document(name).exposed
    files = _files(tmp_path, TINY[name].given)
    return {port: file for port, file in files.items() if port in exposed}


def _files(folder: Path, frames: int) -> dict[str, Path]:
    import torch
    from safetensors.torch import save_file

    files: dict[str, Path] = {}
    for place, name in enumerate(PICTURES):
        files[name] = folder / f"{name}.png"
        write_image(picture(80, 96, level=60 * place), files[name])
    for name in CLIPS:
        files[name] = folder / f"{name}.mp4"
        write_video(clip(frames, 80, 96), files[name])
    files["lora"] = folder / "lora.safetensors"
    layer = "transformer.blocks.0.attn1.to_q"
    down, up = torch.ones(2, 24), torch.ones(24, 2)
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}, files["lora"])
    return files


@pytest.fixture
def runner(tmp_path: Path, models: Residency) -> LocalRunner:
    return LocalRunner(
        installed_registry(), folder=tmp_path / "state", output=tmp_path / "out", models=models
    )


def test_every_graph_of_an_open_model_has_a_stand_in_of_its_family() -> None:
    families = {name: family_of(name) for name in templates.names()}
    wanted = {name: family for name, family in families.items() if family != FAMILY}
    assert wanted.keys() == TINY.keys()
    for name, family in wanted.items():
        assert family in (None, TINY[name].family), name


def test_there_is_a_graph_for_everything_that_a_family_of_the_catalog_can_do() -> None:
    shown = {
        (family_of(name), mode) for name in TINY for mode in modes_of(templates.document(name))
    }
    offered = {
        (entry.family, mode)
        for entry in catalog.entries()
        if entry.source.startswith(catalog.HUB)
        for mode in entry.modes
    }
    assert offered <= shown, sorted(offered - shown)


def modes_of(document: Document) -> set[str]:
    """What a graph makes its video of, in the catalog's words."""
    nodes = document.nodes.values()
    places = {str(spec.params["at"]) for spec in nodes if spec.type == "image.condition"}
    fed = {link.target[1] for link in document.links if link.target[0] == "sample"}
    modes = {PLACES[place] for place in places} | {PORTS[port] for port in fed & PORTS.keys()}
    modes |= {"audio"} if "sound" in document.exposed else set()
    return modes if modes - {"audio"} else modes | {"text"}


@pytest.mark.parametrize("name", sorted(TINY))
def test_it_runs_to_a_signed_video_that_names_all_it_was_given(
    name: str, tiny_model: TinyModel, runner: LocalRunner, inputs: dict[str, Path], tmp_path: Path
) -> None:
    tiny, document = TINY[name], templates.document(name)
    small: dict[str, Any] = {
        "model": str(tiny_model(tiny.family, **tiny.options)),
        "steps": STEPS,
        "frames": tiny.frames,
        "width": SIDE,
        "height": SIDE,
        "middle_at": tiny.frames // 2,
    }
    known = {port: value for port, value in small.items() if port in document.exposed}
    given = known | {port: str(file) for port, file in inputs.items()}
    done = runner.run(RunRequest(apply_values(document, given, installed_registry())))
    assert done.errors == {}
    (made,) = done.artifacts
    video = read_video(made.path, tmp_path)
    assert (video.frames, video.width, video.height) == (tiny.frames, SIDE, SIDE)
    assert (video.audio is not None) == (tiny.family == "ltx2")
    told = verify(made.path)
    assert told.state is State.INTACT
    names = {file.name for port, file in inputs.items() if port != "lora"}
    assert {ingredient.title for ingredient in told.claims.ingredients} == names
