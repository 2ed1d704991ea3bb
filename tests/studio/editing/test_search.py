"""The search finds what people mean, the best first, and with a link in hand only what fits."""

from __future__ import annotations

import pytest

from engine.graph.document import Document
from engine.graph.registry import installed_registry
from studio.editing.connect import PortWish, wish_of
from studio.editing.level import Level
from studio.editing.search import SearchIndex, marks
from tests.engine.graph.samples import REGISTRY, definition, graph, node

INDEX = SearchIndex.of(Document(), installed_registry())


def found(query: str, wish: PortWish | None = None) -> list[str]:
    return [each.type.type for each in INDEX.search(query, wish)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sample", "video.sample"),
        ("samp vid", "video.sample"),
        ("ksampler", "video.sample"),
        ("save", "output.video"),
        ("i2v", "image.condition"),
        ("vae decode", "video.decode"),
        ("upscale", "image.resize"),
        ("ldmdl", "model.load"),
        ("prompt", "text.prompt"),
        ("video.frame", "video.frame"),
        ("LOAD IMAGE", "input.image"),
    ],
)
def test_people_find_what_they_mean(query: str, expected: str) -> None:
    assert expected in found(query)[:3]


def test_the_start_of_a_title_comes_before_other_words_before_aliases() -> None:
    order = found("load")
    assert {"input.image", "input.audio", "input.video", "model.load"} == set(order[:4])


def test_a_whole_word_that_begins_a_title_comes_before_a_whole_alias() -> None:
    assert set(found("encode")[:2]) == {"video.encode", "prompt.encode"}


def test_nothing_is_found_for_nonsense() -> None:
    assert found("xqzy") == []
    assert found("sample xqzy") == []


def test_an_empty_query_finds_everything() -> None:
    assert len(found("")) == len(installed_registry().types())


def test_a_dragged_link_filters_and_names_the_port() -> None:
    document = graph({"m": node("model.load"), "s": node("video.sample")})
    here = Level(document, "", installed_registry())
    wish = wish_of(here, ("m", "result"), True)
    assert wish is not None
    fitting = {each.type.type: each.port for each in INDEX.search("", wish)}
    assert fitting["video.sample"] == "model"
    assert fitting["output.preview"] == "value"
    assert "output.video" not in fitting
    back = wish_of(here, ("s", "positive"), False)
    assert INDEX.search("", back)[0].type.type == "prompt.encode"


def test_frequent_use_comes_first_among_equals() -> None:
    before = found("resize")
    used = INDEX.search("resize", usage={before[1]: 9})
    assert used[0].type.type == before[1]
    assert INDEX.search("sample", usage={"output.video": 999})[0].type.type == "video.sample"


def test_subgraphs_of_the_document_are_found() -> None:
    document = Document(subgraphs={"soften": definition({"b": node("blur")})})
    index = SearchIndex.of(document, REGISTRY)
    assert index.search("soft")[0].type.type == "subgraph/soften"


def test_the_letters_that_matched_are_marked() -> None:
    assert marks("Sample video", "vid sa") == (0, 1, 7, 8, 9)
    assert marks("Load model", "ldm") == (0, 3, 5)
    assert marks("Load model", "ckpt") == ()
