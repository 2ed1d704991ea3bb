"""Two models in turn under a memory budget: what fits stays, and what goes is gone at once."""

from __future__ import annotations

import ctypes
import gc
import resource
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from torch import nn

from engine.models.families import family_in
from engine.models.family import Family
from engine.models.loading.sizes import stored_bytes
from engine.models.residency import CatalogSource, Residency
from engine.values import VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import frames_of, loaded, request_of, states_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
FRAMES = {
    "wan": 5, "ltx": 9, "ltx2": 9, "cogvideox": 9, "mochi": 7, "hunyuan": 5, "hunyuan15": 5,
    "opensora": 5, "latte": 6,
}  # fmt: skip
ROUNDS = 10
GROWTH = 8 << 20
"""Bytes by which what a process holds may differ; a pair left behind each round takes 16 MiB."""


class Counted(CatalogSource):
    """Notes what is loaded, and what of it lives."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        self.living: weakref.WeakSet[Any] = weakref.WeakSet()

    def load(self, handle: VideoModel, device: str) -> Family:
        self.loads.append(handle.family)
        family = super().load(handle, device)
        self.living.add(family)
        return family


@pytest.fixture
def by_counting_alone() -> Iterator[None]:
    """Nothing is freed but by its last reference's end."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def made(model: Family) -> bytes:
    request = request_of(model, FRAMES[model.handle.family], steps=2, negative=None)
    return frames_of(model, request, states_of(model, request)[-1]).tobytes()


def handle_of(folder: Path) -> VideoModel:
    return VideoModel(family_in(folder), str(folder), "digest")


def size_of(handle: VideoModel) -> int:
    return stored_bytes(handle, Path(handle.source))


@pytest.fixture
def pair(tiny_model: TinyModel) -> list[VideoModel]:
    return [handle_of(tiny_model("wan")), handle_of(tiny_model("ltx"))]


class Held(NamedTuple):
    """What this process holds of networks, and of memory in all."""

    modules: int
    parameter_bytes: int
    objects: int
    resident: int


def held() -> Held:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back, so that the rest can be seen
    objects = gc.get_objects()
    modules = [each for each in objects if issubclass(type(each), nn.Module)]
    parameters = {id(p): p.nbytes for m in modules for p in m.parameters(recurse=False)}
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        len(modules), sum(parameters.values()), len(objects), pages * resource.getpagesize()
    )


def test_what_fits_is_loaded_once(pair: list[VideoModel]) -> None:
    source = Counted()
    residency = Residency(device="cpu", budget=sum(map(size_of, pair)), source=source)
    for _ in range(ROUNDS):
        for handle in pair:
            made(residency.get(handle))
    assert source.loads == ["wan", "ltx"]
    assert len(source.living) == 2


def test_a_switch_where_one_fits_leaves_nothing_behind(pair: list[VideoModel]) -> None:
    source = Counted()
    residency = Residency(device="cpu", budget=max(map(size_of, pair)), source=source)
    expected = {}
    for handle in pair * 2:  # what is made once and kept (tables, caches) is no growth
        expected[handle] = made(residency.get(handle))
    before = held()
    for _ in range(ROUNDS):
        for handle in pair:
            assert made(residency.get(handle)) == expected[handle]
            assert residency.loaded == (handle,)
            assert [family.handle for family in source.living] == [handle]
    after = held()
    assert source.loads == ["wan", "ltx"] * (ROUNDS + 2)
    assert after[:2] == before[:2]
    assert abs(after.objects - before.objects) < 1000
    assert after.resident - before.resident < GROWTH


def test_of_three_that_do_not_fit_only_the_one_left_longest_goes(
    pair: list[VideoModel], tiny_model: TinyModel
) -> None:
    wan, ltx = pair
    third = handle_of(tiny_model("cogvideox"))
    source = Counted()
    budget = size_of(wan) + max(size_of(ltx), size_of(third))
    residency = Residency(device="cpu", budget=budget, source=source, clock=lambda: 0.0)
    for handle in (wan, ltx, wan, third, wan, third):
        residency.get(handle)
    assert source.loads == ["wan", "ltx", "cogvideox"]
    assert set(residency.loaded) == {wan, third}


@pytest.mark.parametrize("family", FRAMES)
def test_a_model_that_is_let_go_frees_its_weights_at_once(
    family: str, tiny_model: TinyModel, by_counting_alone: None
) -> None:
    model = loaded(family, tiny_model(family))
    made(model)
    model.preview(model.begin(request_of(model, FRAMES[family], negative=None)))
    weights = [weakref.ref(p) for n in model.parts.networks.values() for p in n.parameters()]
    del model
    assert not [each for each in weights if each() is not None]
