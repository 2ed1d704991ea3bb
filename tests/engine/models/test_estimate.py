"""Estimates against the system design's table, known figures, and the plan that places parts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidWeights
from engine.models import catalog
from engine.models.costs.blueprint import Blueprint, Component, blueprint
from engine.models.estimate import (
    DEVICES,
    GIB,
    WIDE_PARTS,
    Device,
    Work,
    estimate,
    latent_elements,
    need_of,
)
from engine.models.families import families
from engine.models.family import SampleRequest
from engine.models.memory.plan import place
from engine.models.memory.settling import need_of as need_of_networks
from engine.values import Recommended, Speed
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import loaded, request_of

H200 = DEVICES["h200"]
LARGE = Blueprint("large", "toy", {}, 8, 4, 16, Recommended())


def work(frames: int, width: int, height: int, steps: int = 50) -> Work:
    return Work(width=width, height=height, frames=frames, steps=steps, guidance=5.0)


def recommended(id: str) -> Work:
    told = catalog.find(id).defaults
    return Work(
        told.width or 0,
        told.height or 0,
        told.frames or 0,
        told.steps or 0,
        told.guidance or 1,
        told.fps or 24,
    )


@pytest.mark.parametrize(
    ("frames", "width", "height", "elements"),
    [
        (120, 1280, 720, 30 * 90 * 160 * 16),
        (240, 1920, 1080, 60 * 135 * 240 * 16),
        (720, 1920, 1080, 180 * 135 * 240 * 16),
        (1440, 3840, 2160, 360 * 270 * 480 * 16),
    ],
)
def test_latents_are_as_large_as_the_design_says(
    frames: int, width: int, height: int, elements: int
) -> None:
    assert latent_elements(LARGE, work(frames, width, height)) == elements
    figures = estimate(LARGE, work(frames, width, height), H200)
    assert figures.latent_bytes == 2 * elements


def test_a_causal_clip_has_a_latent_frame_for_its_first_frame() -> None:
    assert latent_elements(LARGE, work(33, 64, 64)) == 9 * 8 * 8 * 16


def test_what_nobody_says_of_a_model_is_not_guessed() -> None:
    known = replace(LARGE, components={"transformer": Component(weights=10_000_000_000)})
    figures = estimate(known, work(240, 1920, 1080), H200)
    assert figures.memory == {"transformer weights": 20_000_000_000}
    assert (figures.flops, figures.tokens, dict(figures.stages)) == (0, 0, {})
    assert figures.unknown == ("text", "steps", "decode")
    assert figures.seconds is figures.peak is figures.fits is None


def test_a_model_whose_first_reader_is_not_known_is_not_said_to_fit() -> None:
    """Of two, its second reader is known, its first is not."""
    whole = blueprint("hunyuan-video-i2v")
    known = {name: each for name, each in whole.components.items() if name != "text_encoder"}
    model, asked = replace(whole, components=known), recommended(whole.source)
    assert estimate(whole, asked, H200).unknown == ()
    figures = estimate(model, asked, H200)
    assert figures.unknown == ("text",)
    assert figures.fits is None
    assert figures.stages["steps"] > 0


def test_the_small_wan_takes_what_is_known_of_it() -> None:
    """At 790 TFLOP/s a pass is 0.358 s; diffusers reaches 44 % of that."""
    figures = estimate(blueprint("wan2.1-t2v-1.3b"), recommended("wan2.1-t2v-1.3b"), H200)
    assert (figures.tokens, figures.passes) == (32_760, 2)
    assert figures.stages["steps"] == pytest.approx(50 * 2 * 0.358 / 0.44, rel=0.002)
    assert figures.seconds == sum(figures.stages.values())
    assert figures.cost == pytest.approx(figures.seconds / 3600 * 3.50)


def test_narrow_weights_take_a_byte_and_are_as_fast() -> None:
    model, asked = blueprint("wan2.1-t2v-14b"), recommended("wan2.1-t2v-14b")
    wide, narrow = (estimate(model, asked, H200, precision) for precision in ("auto", "fp8"))
    assert wide.memory["transformer weights"] == 2 * narrow.memory["transformer weights"]
    assert wide.memory["text encoder weights"] == narrow.memory["text encoder weights"]
    assert wide.stages == narrow.stages
    assert estimate(model, asked, H200, "float32").stages["steps"] > 10 * wide.stages["steps"]


def test_frames_in_half_precision_take_half_the_time_and_their_weights_beside_the_others() -> None:
    model, asked = blueprint("wan2.1-t2v-1.3b"), recommended("wan2.1-t2v-1.3b")
    held, half = (estimate(model, asked, H200, decoding=each) for each in ("auto", "bfloat16"))
    assert half.stages["decode"] == pytest.approx(held.stages["decode"] / 2)
    assert half.stages["steps"] == held.stages["steps"]
    vae = held.memory["vae weights"]
    assert half.memory["vae weights"] == vae
    assert half.memory["decoding, at least"] == held.memory["decoding, at least"] + vae // 2

    model, asked = blueprint("ltx-video-0.9.5"), recommended("ltx-video-0.9.5")
    held, half = (estimate(model, asked, H200, decoding=each) for each in ("auto", "bfloat16"))
    assert half == held, "its VAE is held so anyway"


def test_what_fits_is_what_the_plan_would_place() -> None:
    model, asked = blueprint("wan2.2-t2v-a14b"), recommended("wan2.2-t2v-a14b")
    assert estimate(model, asked, H200).way == "everything stays on the device"
    on_80 = estimate(model, asked, DEVICES["h100"])
    assert on_80.way == "each part on the device only while it works"
    on_24 = estimate(model, asked, Device("24 GB", 1e14, 1e13, 24 * GIB, 1.0))
    assert on_24.way.startswith("text encoder and denoiser block by block")
    assert estimate(model, asked, Device("8 GB", 1e14, 1e13, 8 * GIB, 1.0)).fits is False
    assert estimate(model, asked, DEVICES["cpu"]).fits is False


@pytest.mark.parametrize(
    ("family", "frames"),
    [("wan", 81), ("ltx", 81), ("ltx2", 81), ("mochi", 85), ("cogvideox", 81),
     ("hunyuan", 81), ("hunyuan15", 81)],
)  # fmt: skip
def test_the_planner_is_told_the_same_by_the_loaded_model(
    tiny_model: TinyModel, family: str, frames: int
) -> None:
    """The same step, and parts as large but for buffers that no file holds."""
    folder = tiny_model(family)
    model = loaded(family, folder)
    asked = Work(832, 480, frames, 50, 1.0)
    request: SampleRequest = request_of(
        model, frames, width=832, height=480, guidance=1.0, negative=None
    )
    networks = model.parts.networks
    theirs = need_of_networks(networks, model.capabilities, request, frames)
    ours = need_of(blueprint(str(folder)), asked, DEVICES["cpu"], "auto")
    assert ours is not None
    assert ours.working == theirs.working
    for part in theirs.parts:
        (mine,) = (each for each in ours.parts if each.name == part.name)
        assert mine.phase == part.phase
        assert mine.nbytes == pytest.approx(part.nbytes, rel=0.05), part.name
    narrowed = model.speeding.decoding_bytes(Speed(decoding="bfloat16"))
    half = need_of(blueprint(str(folder)), asked, DEVICES["cpu"], "auto", "bfloat16")
    assert half is not None
    more = half.working["decode"] - ours.working["decode"]
    assert more == half.tiled - ours.tiled == pytest.approx(narrowed, rel=0.05)
    low, high = theirs.working["sample"], theirs.weights + 2 * (1 << 30)
    assert [place(ours, free) is None for free in (low, high)] == [
        place(theirs, free) is None for free in (low, high)
    ]


def test_what_a_family_holds_wide_is_what_its_parts_say() -> None:
    for name, entry in families().items():
        parts: Any = getattr(import_module(entry.loader.partition(":")[0]), "PARTS", ())
        wide = {part.name for part in parts if part.dtype == "float32"}
        assert wide == set(WIDE_PARTS.get(name, ())), name


def test_a_folder_says_itself_what_it_holds(tiny_model: TinyModel) -> None:
    model = blueprint(str(tiny_model("wan")))
    assert (model.family, model.spatial, model.temporal, model.channels) == ("wan", 8, 4, 4)
    figures = estimate(model, work(9, 64, 64), DEVICES["cpu"])
    assert figures.tokens == 3 * 4 * 4
    assert figures.flops
    assert figures.unknown == ("decode",), "a VAE that is nobody's published one"


def test_a_damaged_folder_is_said_to_be_one(tiny_model: TinyModel, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model("wan"), tmp_path / "damaged")
    next((folder / "vae").glob("*.safetensors")).write_bytes(b"cut off")
    with pytest.raises(InvalidWeights, match="cut off"):
        blueprint(str(folder))


def test_a_user_s_own_entry_is_read_from_its_folder(
    tiny_model: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path))
    (tmp_path / "catalog.toml").write_text(
        '[[model]]\nid = "mine"\nfamily = "wan"\ntitle = "Mine"\nlicence = "CC0"\n'
        f'source = "{tiny_model("wan")}"\nlatent_channels = 4\n'
    )
    assert estimate(blueprint("mine"), work(9, 64, 64), DEVICES["cpu"]).tokens == 3 * 4 * 4
