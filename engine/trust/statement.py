"""What a signature says of a file, and the C2PA manifest definition that says it.

Everything that a machine should read back (prompt, seed, model, graph) travels as the data of an
ingredient: assertions pass through a JSON view that damages lists of numbers and 64-bit seeds,
while data come back byte for byte.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from engine.values import Origin

GENERATOR = "Reelwright"

GRAPH_FORMAT = "application/vnd.reelwright.reel+json"
PROMPT_TYPE = "c2pa.types.generator.prompt"
SEED_TYPE = "c2pa.types.generator.seed"
MODEL_TYPE = "c2pa.types.model"

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSED = _SOURCE_TYPES + "composite"
DRAWN = _SOURCE_TYPES + "digitalCreation"


@dataclass(frozen=True)
class Statement:
    """What is said of a file when it is signed.

    `origin` is where its content came from, with the files that went in; `document` the graph
    that made it, as JSON text; `version` that of Reelwright.
    """

    title: str
    origin: Origin = Origin()
    document: str = ""
    version: str = ""


class DataIngredient(TypedDict):
    """A prompt, seed, model or graph: an ingredient that is data rather than media."""

    label: str
    instance_id: str
    title: str
    format: str
    relationship: str
    data: dict[str, str]
    data_types: list[dict[str, str]]


@dataclass(frozen=True)
class Part:
    """One data ingredient and its bytes."""

    definition: DataIngredient
    content: bytes


@dataclass(frozen=True)
class MediaIngredient:
    """An input file: `label` is what actions call it, `relationship` how it was used."""

    path: Path
    label: str
    relationship: str


Action = dict[str, object]


def parts_of(statement: Statement) -> list[Part]:
    """The data ingredients of a statement: prompt, seed, model and graph, as far as known."""
    origin, parts = statement.origin, list[Part]()
    if origin.generated:
        model = {"name": origin.model, "digest": origin.model_digest}
        content = json.dumps(model, ensure_ascii=False)
        parts.append(_part("model", origin.model, "application/json", content, MODEL_TYPE))
    if origin.prompt:
        parts.append(_part("prompt", "Prompt", "text/plain", origin.prompt, PROMPT_TYPE))
    if origin.seed is not None:
        parts.append(_part("seed", "Seed", "text/plain", str(origin.seed), SEED_TYPE))
    if statement.document:
        parts.append(_part("graph", "Graph", GRAPH_FORMAT, statement.document, ""))
    return parts


def _part(label: str, title: str, form: str, content: str, kind: str) -> Part:
    definition = DataIngredient(
        label=label,
        instance_id=label,
        title=title,
        format=form,
        relationship="inputTo",
        data={"format": form, "identifier": label},
        data_types=[{"type": kind}] if kind else [],
    )
    return Part(definition, content.encode("utf-8", errors="replace"))


def media_of(origin: Origin, *, signed_before: bool) -> list[MediaIngredient]:
    """The input files and how each was used.

    What a generation was fed is its input; the one file that was only worked on is the parent,
    unless the file to sign was signed before (`signed_before`) and so is the parent itself.
    """
    alone = len(origin.ingredients) == 1 and not signed_before
    relationship = "inputTo" if origin.generated else "parentOf" if alone else "componentOf"
    return [
        MediaIngredient(Path(path), f"media{number}", relationship)
        for number, path in enumerate(origin.ingredients)
    ]


def actions_of(
    statement: Statement, media: list[MediaIngredient], *, signed_before: bool
) -> list[Action]:
    """What happened, in the words of the C2PA actions assertion.

    A file signed before is opened and edited: saying it was created would drop the history that
    it carries.  (The library adds the opening when it makes the file its own parent.)
    """
    agent = {"name": GENERATOR, "version": statement.version or "unknown"}
    inputs = [part.definition["label"] for part in parts_of(statement)]
    by_use: dict[str, list[str]] = {}
    for each in media:
        by_use.setdefault(each.relationship, []).append(each.label)
    inputs += by_use.get("inputTo", [])
    edited: Action = {"action": "c2pa.edited", "softwareAgent": agent}
    edited |= _parameters(inputs)
    if statement.origin.generated:
        edited["digitalSourceType"] = GENERATED
    placed: list[Action] = [
        {"action": "c2pa.placed", "softwareAgent": agent} | _parameters([label])
        for label in by_use.get("componentOf", [])
    ]
    if signed_before:
        return [edited, *placed]
    if "parentOf" in by_use:
        opened: Action = {"action": "c2pa.opened", "softwareAgent": agent}
        return [opened | _parameters(by_use["parentOf"]), edited]
    source = GENERATED if statement.origin.generated else COMPOSED if placed else DRAWN
    created: Action = {
        "action": "c2pa.created",
        "digitalSourceType": source,
        "softwareAgent": agent,
        "description": _description(statement.origin),
    }
    return [created | _parameters(inputs), *placed]


def _description(origin: Origin) -> str:
    return f"Generated by {origin.model}." if origin.generated else "Made without a model."


def _parameters(labels: list[str]) -> Action:
    return {"parameters": {"ingredientIds": labels}} if labels else {}


def definition_of(
    statement: Statement, media: list[MediaIngredient], *, signed_before: bool
) -> dict[str, object]:
    """The manifest definition that the library builds from."""
    agent = {"name": GENERATOR, "version": statement.version or "unknown"}
    actions = actions_of(statement, media, signed_before=signed_before)
    return {
        "claim_generator_info": [agent],
        "title": statement.title,
        "ingredients": [part.definition for part in parts_of(statement)],
        "assertions": [
            # Ours to vouch for ("created"), not merely gathered from somewhere.
            {"label": "c2pa.actions.v2", "created": True, "data": {"actions": actions}}
        ],
    }
