"""Schemas say in JSON what the declarations say in Python, without loading anything heavy."""

from __future__ import annotations

import json
import subprocess
import sys

from engine.graph.document import dump_document
from engine.graph.params import Param, param_spec
from engine.graph.schema import document_schema, node_schema, param_schema
from tests.engine.graph.samples import REGISTRY, graph, node


def test_a_node_is_described() -> None:
    paint = REGISTRY.get("test.paint")
    assert paint is not None
    schema = node_schema(paint)
    assert schema["title"] == "Paint image"
    assert schema["properties"] == {
        "width": {
            "type": "integer",
            "minimum": 16,
            "maximum": 8192,
            "description": "Width of the picture.",
            "x-unit": "px",
            "default": 512,
        },
        "color": {"type": "string", "enum": ["red", "green", "blue"], "default": "red"},
        "layers": {
            "type": "array",
            "items": {"type": "string", "maxLength": 20},
            "default": ["sky"],
        },
    }
    assert schema["additionalProperties"] is False
    assert schema["x-outputs"] == {"result": {"type": "Image", "optional": False}}


def test_ports_are_described() -> None:
    blur = REGISTRY.get("test.blur")
    assert blur is not None
    assert node_schema(blur)["x-inputs"] == {
        "mask": {"type": "Image", "optional": True},
        "image": {"type": "Image", "optional": False},
    }


def test_the_documents_schema_speaks_as_files_do() -> None:
    schema = document_schema(REGISTRY)
    json.dumps(schema)
    assert set(schema["$defs"]["Link"]["properties"]) == {"from", "to"}
    assert schema["additionalProperties"] is False
    text = json.loads(dump_document(graph({"a": node("paint")})))
    assert set(text) <= set(schema["properties"])
    conditions = schema["$defs"]["NodeSpec"]["allOf"]
    assert len(conditions) == len(REGISTRY.types())
    width = next(c for c in conditions if c["if"]["properties"]["type"]["const"] == "test.paint")
    assert width["then"]["properties"]["params"]["properties"]["width"]["maximum"] == 8192


def test_describing_and_validating_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from engine.graph.flatten import flatten\n"
        "from engine.graph.schema import document_schema\n"
        "from tests.engine.graph.samples import REGISTRY, graph, node\n"
        "document_schema(REGISTRY)\n"
        "flatten(graph({'a': node('paint')}), REGISTRY)\n"
        "heavy = {'torch', 'numpy', 'av', 'cv2', 'networkx', 'diffusers', 'PySide6'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_what_zero_stands_for_is_told_where_it_is_no_amount() -> None:
    automatic = param_spec("steps", int, Param(0, ge=0, zero="the model's own"))
    assert param_schema(automatic)["x-zero"] == "the model's own"
    assert "x-zero" not in param_schema(param_spec("steps", int, Param(0)))
