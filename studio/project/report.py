"""The bundle that somebody sends when something is wrong: what helps, and nothing private.

Everything is text, shown before it is saved.  Prompts, texts and file names leave the graph unless
the user ticks them; secrets and names leave everything, always.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from engine.atomic import replacing
from engine.graph.document import Document, NodeSpec, Subgraph, dump_document
from engine.graph.params import ParamValue
from engine.graph.registry import Registry
from studio.project.journal import Entry, as_text
from studio.project.redaction import Redaction
from studio.project.settings import Settings

DOCTOR: Final = (sys.executable, "-m", "studio", "doctor", "--json")
DOCTOR_SECONDS: Final = 60.0
LOG_LINES: Final = 500
FILE_WIDGETS: Final = ("open-file", "save-folder")


@dataclass(frozen=True)
class Part:
    """One file of the bundle: its name, what it is, and all that it says."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Choices:
    """What the user wants in the bundle."""

    what_happened: str = ""
    with_document: bool = True
    with_texts: bool = False
    with_files: bool = False
    with_log: bool = True


@dataclass(frozen=True)
class Material:
    """What a bundle is made of, before anything is taken out."""

    versions: str
    findings: str
    settings: Settings
    entries: Sequence[Entry]
    document: Document | None
    registry: Registry


def parts(material: Material, choices: Choices, redaction: Redaction) -> tuple[Part, ...]:
    """The bundle's files, redacted: exactly what `save` writes."""
    made = [
        Part("versions.txt", "Versions", material.versions),
        Part("doctor.txt", "What the doctor found", material.findings),
        Part("settings.json", "Preferences", _settings(material.settings)),
    ]
    if choices.what_happened.strip():
        made.insert(0, Part("report.txt", "What happened", choices.what_happened.strip() + "\n"))
    if choices.with_log:
        lines = as_text(material.entries[-LOG_LINES:])
        made.append(Part("log.txt", "Last lines of the log", lines or "Nothing was logged.\n"))
    if choices.with_document and material.document is not None:
        bare = stripped(material.document, material.registry, choices)
        made.append(Part("graph.reel", "The graph", dump_document(bare)))
    return tuple(Part(each.name, each.title, redaction.apply(each.text)) for each in made)


def save(made: Sequence[Part], path: Path) -> None:
    """Write the bundle as a zip.  Raises StorageFailed."""
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in made:
            archive.writestr(part.name, part.text)


def findings(command: Sequence[str] = DOCTOR) -> str:
    """What the doctor says, from a process of its own: it loads what a window must not.

    Takes seconds: work for a background thread.  Never raises.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DOCTOR_SECONDS, check=False
        )
        rows = json.loads(done.stdout)
        lines = [f"{r['state']:5} {r['section']}: {r['name']}: {r['detail']}" for r in rows]
    except subprocess.TimeoutExpired:
        return f"The doctor did not answer within {DOCTOR_SECONDS:.0f} s.\n"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"The doctor could not be asked: {type(error).__name__}: {error}\n"
    return "\n".join(lines) + "\n"


def versions() -> str:
    """This system, this Python and every package."""
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    lines = [f"System   {platform.platform()}", f"Python   {sys.version.split()[0]}", ""]
    lines += [f"{name} {packages[name]}" for name in sorted(packages, key=str.casefold)]
    return "\n".join(lines) + "\n"


def stripped(document: Document, registry: Registry, choices: Choices) -> Document:
    """The document without texts and file names, as far as these are not wanted.

    Whatever is not known to be a choice or a number counts as a text: of a node that is not
    installed, every text goes.
    """
    changed: dict[str, object] = {
        "nodes": _nodes(document, registry, choices),
        "subgraphs": {
            name: graph.model_copy(update={"nodes": _nodes(graph, registry, choices)})
            for name, graph in document.subgraphs.items()
        },
    }
    if not choices.with_texts:
        labels = {
            key: e.model_copy(update={"label": "", "help": ""})
            for key, e in document.exposed.items()
        }
        changed |= {"name": "", "exposed": labels, "view": _view(document.view)}
    return document.model_copy(update=changed)


def _nodes(graph: Document | Subgraph, registry: Registry, choices: Choices) -> dict[str, NodeSpec]:
    return {id: _node(spec, registry, choices) for id, spec in graph.nodes.items()}


def _node(spec: NodeSpec, registry: Registry, choices: Choices) -> NodeSpec:
    params = {n: _param(spec.type, n, value, registry, choices) for n, value in spec.params.items()}
    return spec.model_copy(update={"params": params})


def _param(
    type: str, name: str, value: ParamValue, registry: Registry, choices: Choices
) -> ParamValue:
    declared = registry.get(type)
    spec = declared.params.get(name) if declared is not None else None
    if spec is not None and spec.choices:
        return value
    names_file = spec is not None and spec.widget in FILE_WIDGETS
    if choices.with_files if names_file else choices.with_texts and spec is not None:
        return value
    if isinstance(value, list):
        return [_hidden(item) if isinstance(item, str) else item for item in value]
    return _hidden(value) if isinstance(value, str) else value


def _hidden(text: str) -> str:
    return f"[{len(text)} characters]" if text else ""


def _view(view: Mapping[str, JsonValue]) -> JsonValue:
    """How it looks, without anything that somebody wrote."""
    return _without_texts(dict(view), keep=frozenset({"color", "within"}))


def _without_texts(value: JsonValue, keep: frozenset[str], key: str = "") -> JsonValue:
    if isinstance(value, dict):
        return {name: _without_texts(inner, keep, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_texts(inner, keep, key) for inner in value]
    return _hidden(value) if isinstance(value, str) and key not in keep else value


def _settings(settings: Settings) -> str:
    return settings.model_dump_json(indent=2) + "\n"
