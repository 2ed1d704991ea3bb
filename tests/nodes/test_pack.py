"""The library as a whole: declared well, documented, one node a file, light to import."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import nodes
from engine.graph.node import Node, NodeType, declare
from engine.graph.registry import Registry

LIBRARY = nodes.node_classes()
TYPES = [declare(node) for node in LIBRARY]
NODES = pytest.mark.parametrize("node", LIBRARY, ids=lambda node: node.__name__)
DECLARED = pytest.mark.parametrize("type", TYPES, ids=lambda type: type.type)


def modules() -> list[str]:
    categories = [each.name for each in pkgutil.iter_modules(nodes.__path__, "nodes.")]
    packages = [importlib.import_module(name) for name in categories]
    return [
        module.name
        for package in packages
        if hasattr(package, "__path__")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    ]


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def test_the_pack_is_found_whole_and_sound() -> None:
    registry = Registry([nodes.PACK])
    assert registry.problems == ()
    assert {type.type for type in registry.types()} == {type.type for type in TYPES}
    assert list(registry.packs) == ["reelwright"]


def test_each_file_of_a_category_holds_one_node_named_like_it() -> None:
    assert sorted(modules()) == sorted(node.__module__ for node in LIBRARY)


@NODES
def test_a_file_is_named_by_verb_and_noun_like_its_class(node: type[Node]) -> None:
    stem = node.__module__.rpartition(".")[2]
    assert stem == snake(node.__name__)
    assert "_" in stem


@DECLARED
def test_a_node_says_in_a_sentence_what_it_does(type: NodeType) -> None:
    first = type.doc.split("\n\n")[0]
    assert first[:1].isupper()
    assert first.endswith(".")


@DECLARED
def test_every_parameter_has_help_that_ends_like_a_sentence(type: NodeType) -> None:
    for name, param in type.params.items():
        assert param.help.endswith("."), f"{type.type}.{name}"
        assert len(param.help) >= 10, f"{type.type}.{name}"


@DECLARED
def test_a_node_can_be_searched_by_other_words(type: NodeType) -> None:
    assert len(type.aliases) >= 3
    assert type.category


@NODES
def test_a_node_constructs_with_its_defaults(node: type[Node]) -> None:
    type = declare(node)
    made = node(**{name: param.default for name, param in type.params.items()})
    for name, param in type.params.items():
        assert getattr(made, name) == param.default


@DECLARED
def test_a_node_gives_something_and_outputs_are_in_their_folder(type: NodeType) -> None:
    assert type.outputs
    assert type.output == (type.category == "Output")


def test_the_library_imports_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "cv2", "av", "c2pa", "diffusers", "transformers", "cryptography")
    code = (
        "import sys, nodes\nnodes.node_classes()\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
