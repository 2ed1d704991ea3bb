"""What is loaded, and what has to go."""

from __future__ import annotations

import gc
import weakref
from typing import Any, ClassVar, cast

import pytest

from engine.errors import InvalidInput
from engine.models.family import Family
from engine.models.residency import Residency
from engine.values import Adapter, VideoModel


class Weights:
    """As much of a Family as the residency looks at."""

    def __init__(self, handle: VideoModel) -> None:
        self.handle = handle


class Shelf:
    """A ModelSource whose models all take 100 bytes; remembers what was loaded, and has a clock."""

    def __init__(self, **seconds: float) -> None:
        self.loads: list[str] = []
        self.now, self._seconds = 0.0, seconds

    def clock(self) -> float:
        return self.now

    def size(self, handle: VideoModel) -> int:
        return 100

    def load(self, handle: VideoModel, device: str) -> Family:
        self.loads.append(handle.source)
        self.now += self._seconds.get(handle.source, 1.0)
        model = Weights(handle)
        model.nbytes = 100  # type: ignore[attr-defined]
        return cast(Family, model)


def model(name: str) -> VideoModel:
    return VideoModel("toy", name, name)


def test_a_model_is_loaded_once() -> None:
    shelf = Shelf()
    residency = Residency(device="cpu", budget=1000, source=shelf)
    assert residency.get(model("a")) is residency.get(model("a"))
    assert shelf.loads == ["a"]


def test_nothing_is_evicted_while_there_is_room() -> None:
    shelf = Shelf()
    residency = Residency(device="cpu", budget=300, source=shelf)
    for name in "abcabc":
        residency.get(model(name))
    assert shelf.loads == ["a", "b", "c"]


def test_the_least_recently_used_goes_first() -> None:
    shelf = Shelf()
    residency = Residency(device="cpu", budget=200, source=shelf, clock=shelf.clock)
    for name in ("a", "b", "a", "c"):
        residency.get(model(name))
    assert [handle.source for handle in residency.loaded] == ["a", "c"]


def test_what_knows_itself_is_gone_before_the_next_one_is_loaded() -> None:
    """As a network does that something stands in for: it holds what holds it."""

    class Knowing(Shelf):
        living: ClassVar[weakref.WeakSet[Any]] = weakref.WeakSet()
        before_each: tuple[int, ...] = ()

        def load(self, handle: VideoModel, device: str) -> Family:
            self.before_each += (len(self.living),)
            family: Any = super().load(handle, device)
            family.itself = family
            self.living.add(family)
            return cast(Family, family)

    shelf = Knowing()
    residency = Residency(device="cpu", budget=100, source=shelf)
    gc.disable()
    try:
        for name in "aba":
            residency.get(model(name))
    finally:
        gc.enable()
    assert shelf.before_each == (0, 0, 0)


def test_what_is_slow_to_load_stays_longer_but_not_for_ever() -> None:
    shelf = Shelf(slow=3.0)
    residency = Residency(device="cpu", budget=200, source=shelf, clock=shelf.clock)
    for name in ("slow", "a", "b", "c"):
        residency.get(model(name))
    assert "slow" in [handle.source for handle in residency.loaded]
    for name in "defg":
        residency.get(model(name))
    assert "slow" not in [handle.source for handle in residency.loaded]


def test_one_that_is_short_of_memory_is_left_alone() -> None:
    residency = Residency(device="cpu", budget=1000, source=Shelf())
    for name in "abc":
        residency.get(model(name))
    assert residency.keep_only(model("b")) == (model("a"), model("c"))
    assert residency.loaded == (model("b"),)


def test_room_is_made_before_loading() -> None:
    held: list[int] = []
    residency = Residency(device="cpu", budget=100, source=Shelf())

    class Watching(Shelf):
        def load(self, handle: VideoModel, device: str) -> Family:
            held.append(len(residency._loaded))
            return super().load(handle, device)

    residency._source = Watching()
    residency.get(model("a"))
    residency.get(model("b"))
    assert held == [0, 0]


def test_another_digest_is_another_model() -> None:
    shelf = Shelf()
    residency = Residency(device="cpu", budget=1000, source=shelf)
    residency.get(VideoModel("toy", "a", "1"))
    residency.get(VideoModel("toy", "a", "2"))
    assert shelf.loads == ["a", "a"]


def test_released_models_are_gone() -> None:
    residency = Residency(device="cpu", budget=1000, source=Shelf())
    residency.get(model("a"))
    residency.release()
    assert residency.loaded == ()


class Adapting(Weights):
    """Weights whose adapters can be exchanged."""

    nbytes = 100

    def adapt(self, handle: VideoModel) -> None:
        if any(adapter.path == "foreign" for adapter in handle.adapters):
            raise InvalidInput("The LoRA was made for another family.")
        self.handle = handle


class AdaptingShelf(Shelf):
    def load(self, handle: VideoModel, device: str) -> Family:
        super().load(handle, device)
        return cast(Family, Adapting(handle))


def test_other_adapters_go_on_the_model_that_is_loaded() -> None:
    shelf = AdaptingShelf()
    residency = Residency(device="cpu", budget=1000, source=shelf)
    plain = model("a")
    styled = plain.with_adapter(Adapter("style", "1", 0.5))
    family = residency.get(plain)
    assert residency.get(styled) is family
    assert family.handle == styled
    assert residency.loaded == (styled,)
    assert residency.get(plain) is family
    assert shelf.loads == ["a"]


def test_a_model_whose_adapters_failed_is_not_found_again() -> None:
    shelf = AdaptingShelf()
    residency = Residency(device="cpu", budget=1000, source=shelf)
    residency.get(model("a"))
    with pytest.raises(InvalidInput, match="another family"):
        residency.get(model("a").with_adapter(Adapter("foreign", "1")))
    assert residency.loaded == ()
    residency.get(model("a"))
    assert shelf.loads == ["a", "a"]
