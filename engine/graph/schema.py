"""JSON schemas of nodes and of the document, for editors, forms and other programs."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from engine.graph.document import Document
from engine.graph.node import NodeType
from engine.graph.params import ParamSpec
from engine.graph.ports import PortType
from engine.graph.registry import Registry

JsonSchema: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
JSON_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string"}


def node_schema(type: NodeType) -> JsonSchema:
    """The schema of a node's parameters, with its ports under 'x-inputs' and 'x-outputs'."""
    return {
        "$schema": DIALECT,
        "title": type.title,
        "description": type.doc,
        "type": "object",
        "properties": {name: param_schema(param) for name, param in type.params.items()},
        "additionalProperties": False,
        "x-type": type.type,
        "x-version": type.version,
        "x-category": type.category,
        "x-output": type.output,
        "x-inputs": {name: _port_schema(port) for name, port in type.inputs.items()},
        "x-outputs": {name: _port_schema(port) for name, port in type.outputs.items()},
    }


def param_schema(param: ParamSpec) -> JsonSchema:
    """The schema of one parameter's value."""
    one: JsonSchema = {"type": JSON_TYPES[param.type]}
    limits = {"minimum": param.ge, "maximum": param.le, "maxLength": param.max_length}
    one |= {key: limit for key, limit in limits.items() if limit is not None}
    if param.choices:
        one["enum"] = list(param.choices)
    schema: JsonSchema = {"type": "array", "items": one} if param.many else one
    described = {"title": param.label, "description": param.help, "x-unit": param.unit}
    described |= {"x-zero": param.zero}
    schema |= {key: text for key, text in described.items() if text}
    return schema | {"default": param.default}


def _port_schema(port: PortType) -> JsonSchema:
    return {"type": port.name, "optional": port.optional}


def document_schema(registry: Registry) -> JsonSchema:
    """The schema of a document; nodes of installed types are described in full."""
    schema = Document.model_json_schema(by_alias=True)
    schema["$defs"]["NodeSpec"]["allOf"] = [
        {
            "if": {"properties": {"type": {"const": type.type}}},
            "then": {"properties": {"params": _params_only(type)}},
        }
        for type in registry.types()
    ]
    return {"$schema": DIALECT} | schema


def _params_only(type: NodeType) -> JsonSchema:
    schema = node_schema(type)
    return {key: schema[key] for key in ("type", "properties", "additionalProperties")}
