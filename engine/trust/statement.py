"""What a signature says of a file, and the C2PA manifest definition that says it.

Everything that a machine should read back (prompt, seed, model, graph) travels as the data of an
ingredient: assertions pass through a JSON view that damages lists of numbers and 64-bit seeds,
while data come back byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, TypedDict

from engine.trust.release import RELEASE, Mark, MarkKind, Release, release_data
from engine.values import Origin

GENERATOR = "Reelwright"
SPECIFICATION: Final = "2.4"
"""The version of the C2PA specification that our manifests follow."""

GRAPH_FORMAT = "application/vnd.reelwright.reel+json"
PROMPT_TYPE = "c2pa.types.generator.prompt"
SEED_TYPE = "c2pa.types.generator.seed"
MODEL_TYPE = "c2pa.types.model"

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSED = _SOURCE_TYPES + "composite"
DRAWN = _SOURCE_TYPES + "digitalCreation"
EDITED = _SOURCE_TYPES + "humanEdits"
COMPUTED = _SOURCE_TYPES + "algorithmicMedia"

DISCLOSURE = "c2pa.ai-disclosure"
TRAINING = "cawg.training-mining"
SOFT_BINDING = "c2pa.soft-binding"
# Inference is left unsaid: forbidding it would forbid looking for what harms people.
_TRAINING_USES = ("cawg.ai_generative_training", "cawg.ai_training", "cawg.data_mining")


class Training(StrEnum):
    """Whether others may train models on the file, and mine it."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "notAllowed"
    UNSAID = ""


@dataclass(frozen=True)
class Statement:
    """What is said of a file when it is signed.

    `origin` is where its content came from, with the files that went in; `document` the graph
    that made it, as JSON text; `version` that of Reelwright; `release` what was checked and marked
    before; `training` what its owner says of training on it.
    """

    title: str
    origin: Origin = Origin()
    document: str = ""
    version: str = ""
    release: Release = field(default_factory=Release)
    training: Training = Training.NOT_ALLOWED


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
    statement: Statement, media: Sequence[MediaIngredient], *, signed_before: bool
) -> list[Action]:
    """What happened, in the words of the C2PA actions assertion.

    A file signed before is opened and edited: saying it was created would drop the history that
    it carries.  (The library adds the opening when it makes the file its own parent.)
    """
    agent = _agent(statement)
    inputs = [part.definition["label"] for part in parts_of(statement)]
    by_use: dict[str, list[str]] = {}
    for each in media:
        by_use.setdefault(each.relationship, []).append(each.label)
    inputs += by_use.get("inputTo", [])
    edited: Action = {
        "action": "c2pa.edited",
        "softwareAgent": agent,
        "digitalSourceType": GENERATED if statement.origin.generated else EDITED,
    }
    edited |= _parameters(inputs)
    placed: list[Action] = [
        {"action": "c2pa.placed", "softwareAgent": agent} | _parameters([label])
        for label in by_use.get("componentOf", [])
    ]
    marked = _marking(statement)
    if signed_before:
        return [edited, *placed, *marked]
    if "parentOf" in by_use:
        opened: Action = {"action": "c2pa.opened", "softwareAgent": agent}
        return [opened | _parameters(by_use["parentOf"]), edited, *marked]
    source = GENERATED if statement.origin.generated else COMPOSED if placed else DRAWN
    created: Action = {
        "action": "c2pa.created",
        "digitalSourceType": source,
        "softwareAgent": agent,
        "description": _description(statement.origin),
    }
    return [created | _parameters(inputs), *placed, *marked]


def _agent(statement: Statement) -> dict[str, str]:
    return {"name": GENERATOR, "version": statement.version or "unknown"}


def _marking(statement: Statement) -> list[Action]:
    """The actions that put the marks in: the visible label, and what invisible ones there are."""
    marks = [mark for mark in statement.release.marks if not mark.fault]
    agent, actions = _agent(statement), list[Action]()
    if any(mark.kind is MarkKind.LABEL for mark in marks):
        label: Action = {"action": "c2pa.addedText", "softwareAgent": agent}
        actions.append(label | {"digitalSourceType": COMPUTED, "description": "Visible label."})
    invisible = [mark for mark in marks if mark.kind is not MarkKind.LABEL]
    if invisible:
        how = "bound" if any(mark.bound for mark in invisible) else "unbound"
        actions.append({"action": f"c2pa.watermarked.{how}", "softwareAgent": agent})
    return actions


def _description(origin: Origin) -> str:
    return f"Generated by {origin.model}." if origin.generated else "Made without a model."


def _parameters(labels: list[str]) -> Action:
    return {"parameters": {"ingredientIds": labels}} if labels else {}


def definition_of(
    statement: Statement,
    media: Sequence[MediaIngredient],
    *,
    signed_before: bool,
    bound: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """The manifest definition that the library builds from.

    `bound` are the assertions that bind it to its files, where the library is not to make them.
    """
    actions = actions_of(statement, media, signed_before=signed_before)
    # The graph tells every step; the actions are its summary, and do not claim to be more.
    told = {"actions": actions, "allActionsIncluded": False}
    return {
        "claim_generator_info": [_agent(statement) | {"specVersion": SPECIFICATION}],
        "title": statement.title,
        "ingredients": [part.definition for part in parts_of(statement)],
        "assertions": [_created("c2pa.actions.v2", told), *_assertions(statement), *bound],
    }


def _assertions(statement: Statement) -> list[dict[str, object]]:
    release, origin = statement.release, statement.origin
    found = [_created(SOFT_BINDING, soft_binding(mark)) for mark in release.marks if mark.bound]
    if origin.generated:
        found.append(_created(DISCLOSURE, _disclosure(origin)))
    if statement.training:
        uses = {use: {"use": statement.training.value} for use in _TRAINING_USES}
        found.append(_created(TRAINING, {"entries": uses}))
    return [*found, _created(RELEASE, release_data(release))]


def _created(label: str, data: dict[str, object]) -> dict[str, object]:
    """An assertion that is ours to vouch for ("created"), not merely gathered from somewhere."""
    return {"label": label, "created": True, "data": data}


def soft_binding(mark: Mark) -> dict[str, object]:
    """What ties a watermark to the manifest (C2PA 2.4, section 18.10).

    The value is the number as text: the library's JSON door knows no byte strings.
    """
    return {"alg": mark.algorithm, "pad": [], "blocks": [{"scope": {}, "value": mark.value}]}


def _disclosure(origin: Origin) -> dict[str, object]:
    """That a model made it, for machines (C2PA 2.4, section 18.28)."""
    disclosure: dict[str, object] = {
        "modelType": MODEL_TYPE,
        "modelName": origin.model,
        # People gave the prompt or the settings; nobody has approved the result when it is signed.
        "contentProfile": {"humanOversightLevel": "prompt_guided"},
    }
    if origin.model_digest:
        disclosure["modelIdentifier"] = f"sha256:{origin.model_digest}"
    return disclosure
