"""Which output may feed which input."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from engine.errors import ReelwrightError
from engine.graph.ports import PortType, port_type
from engine.values import Clip, Image


class Portrait(Image):
    """A special picture."""


@pytest.mark.parametrize(
    ("annotation", "name", "optional"),
    [
        (Image, "Image", False),
        (Image | None, "Image", True),
        (Optional[Clip], "Clip", True),  # noqa: UP045 - packs may spell it so
        (Image | Clip, "Image | Clip", False),
        (list[float], "list of Number", False),
        (list[float] | None, "list of Number", True),
        (list[Image | Clip], "list of Image | Clip", False),
        (str, "Text", False),
        (int, "Integer", False),
        (bool, "Switch", False),
        (object, "Anything", False),
        (Any, "Anything", False),
        (list[object], "list of Anything", False),
    ],
)
def test_an_annotation_is_read(annotation: object, name: str, optional: bool) -> None:
    port = port_type(annotation)
    assert (port.name, port.optional) == (name, optional)


@pytest.mark.parametrize("annotation", ["Image", 3, list[Image] | Clip, dict[str, int], list])
def test_what_no_port_can_carry_is_refused(annotation: object) -> None:
    with pytest.raises(ReelwrightError, match="A port can"):
        port_type(annotation)


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (Image, Image, True),
        (Portrait, Image, True),
        (Image, Portrait, False),
        (int, float, True),
        (float, int, False),
        (bool, str, False),
        (Image, Image | Clip, True),
        (Image | Clip, Image, False),
        (Image | Clip, Clip | Image, True),
        (Image, object, True),
        (object, Image, True),
        (Image, Image | None, True),
        (list[Image], Image, True),
        (Image, list[Image], True),
        (list[int], list[str], False),
    ],
)
def test_an_output_feeds_an_input_that_accepts_it(
    source: object, target: object, fits: bool
) -> None:
    assert port_type(target).accepts(port_type(source)) is fits


def test_ports_of_one_annotation_are_equal() -> None:
    assert port_type(Image | Clip) == PortType((Image, Clip))
