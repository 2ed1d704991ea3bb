"""What is loaded, and what has to go."""

from __future__ import annotations

from typing import cast

from engine.models.family import Family
from engine.models.residency import Residency
from engine.values import VideoModel


class Weights:
    """As much of a Family as the residency looks at."""

    def __init__(self, handle: VideoModel) -> None:
        self.handle = handle


class Shelf:
    """A ModelSource whose models all take 100 bytes; remembers what was loaded."""

    def __init__(self) -> None:
        self.loads: list[str] = []

    def size(self, handle: VideoModel) -> int:
        return 100

    def load(self, handle: VideoModel, device: str) -> Family:
        self.loads.append(handle.source)
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
    residency = Residency(device="cpu", budget=200, source=Shelf())
    for name in ("a", "b", "a", "c"):
        residency.get(model(name))
    assert [handle.source for handle in residency.loaded] == ["a", "c"]


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
