"""What a node class says is what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from engine.errors import ReelwrightError
from engine.graph.context import Context
from engine.graph.node import Node, declare
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Clip, Image
from tests.engine.graph import samples

if TYPE_CHECKING:
    from engine.values import Latent


def test_a_declaration_gives_ports_and_parameters_in_its_order() -> None:
    blur = declare(samples.BlurImage)
    assert (blur.type, blur.version, blur.category) == ("test.blur", 1, "Test")
    assert list(blur.inputs) == ["mask", "image"]
    assert blur.inputs["mask"].optional
    assert blur.required == ("image",)
    assert blur.params["sharp"].type is bool
    assert blur.outputs["result"].members == (Image,)


def test_a_named_tuple_gives_several_outputs() -> None:
    outputs = declare(samples.SplitClip).outputs
    assert {name: port.name for name, port in outputs.items()} == {
        "picture": "Clip",
        "sound": "Audio",
    }


def test_a_node_that_returns_nothing_has_no_outputs() -> None:
    save = declare(samples.SaveAny)
    assert save.outputs == {}
    assert save.output


def test_the_title_is_the_class_name_in_words() -> None:
    assert declare(samples.BlurImage).title == "Blur image"
    assert declare(samples.BlurImage).doc == "Soften a picture, where a mask lets it."


def test_fields_are_inherited_but_the_type_is_not() -> None:
    class Base(Node):
        """Shared fields."""

        image: In[Image]
        amount: float = Param(0.5)

    class Child(Base, type="test.child"):
        """One that has a type."""

        LIMIT: ClassVar[int] = 3

        def run(self, ctx: Context) -> Image: ...

    class Grandchild(Child):
        """One that gives none."""

    assert list(declare(Child).inputs) == ["image"]
    assert list(declare(Child).params) == ["amount"]
    with pytest.raises(ReelwrightError, match="gives no node type"):
        declare(Grandchild)


def test_an_instance_holds_its_fields() -> None:
    add = samples.AddNumbers(first=2.0, second=None, factor=3.0)
    assert add.run(None) == 6.0  # type: ignore[arg-type]


def faulty_type() -> type[Node]:
    class Faulty(Node, type="Resize"):
        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_subgraph() -> type[Node]:
    class Faulty(Node, type="subgraph.mine"):
        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_version() -> type[Node]:
    class Faulty(Node, type="test.faulty", version=0):
        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_field() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        image: Image

        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_name() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        needs: int = Param(1)  # type: ignore[assignment]

        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_default() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        count: In[int] = 3

        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_import() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        latent: In[Latent]

        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_answer() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        def run(self, ctx: Context):  # type: ignore[no-untyped-def]
            return 1

    return Faulty


def faulty_limits() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        width: int = Param(4, ge=16)

        def run(self, ctx: Context) -> None: ...

    return Faulty


def faulty_param() -> type[Node]:
    class Faulty(Node, type="test.faulty"):
        clip: Clip = Param(1)

        def run(self, ctx: Context) -> None: ...

    return Faulty


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (faulty_type, "'Resize' is no node type; write it like 'image.resize'."),
        (faulty_subgraph, "'subgraph.mine' is no node type"),
        (faulty_version, "must be at least 1"),
        (faulty_field, "'image' is neither In[...] nor given a Param(...)"),
        (faulty_name, "A field cannot be called 'needs'."),
        (faulty_default, "Input 'count' cannot have a default"),
        (faulty_import, "name 'Latent' is not defined. Import it outside of TYPE_CHECKING."),
        (faulty_answer, "run() does not say what it returns"),
        (faulty_limits, "The default of parameter 'width' must be at least 16, not 4."),
        (faulty_param, "Parameter 'clip' cannot have the type"),
    ],
)
def test_a_faulty_declaration_says_what_is_wrong(make: object, sentence: str) -> None:
    with pytest.raises(ReelwrightError) as caught:
        declare(make())  # type: ignore[operator]
    assert sentence in str(caught.value)
