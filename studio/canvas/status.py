"""How a node stands, in words: the sentence at its foot and the one that its tooltip tells."""

from __future__ import annotations

from typing import Final

from studio.canvas.geometry import fraction_of
from studio.faces import NodeFace
from studio.runs import NodeRun
from studio.theme.words import tr
from studio.times import left, size, span

SHORTEST: Final = 0.05
"""Seconds below which nobody needs to know how long it took."""


def footer_of(face: NodeFace) -> str:
    """The sentence at the foot of a node; '' where there is nothing to tell."""
    if face.missing:
        return tr("‘{type}’ is not installed.", type=face.type_name)
    run = face.run
    match run.state:
        case "waiting":
            return run.message or tr("Waiting")
        case "running":
            return _progress(run)
        case "done":
            return _done(run)
        case "cached":
            return tr("From the cache")
        case "failed":
            return run.message or tr("Failed.")
        case "skipped":
            return tr("Skipped after a failure")
        case "cancelled":
            return tr("Stopped")
        case _:
            return ""


def tip_of(face: NodeFace) -> str:
    """What the tooltip of a node tells: its problem first, then what it is for."""
    about = face.doc.strip().split("\n\n")[0].replace("\n", " ")
    lines = [face.title, face.problem or face.run.message, about]
    if face.mode != "on":
        lines.insert(1, _mode_words(face.mode))
    return "\n".join(line for line in lines if line)


def spoken(face: NodeFace) -> str:
    """A node for who cannot see it: its title, how it stands, and its problem."""
    return ". ".join(part for part in (face.title, footer_of(face), face.problem) if part)


def _done(run: NodeRun) -> str:
    if run.seconds < SHORTEST:
        return tr("Done")
    if not run.memory:
        return tr("Done in {time}", time=span(run.seconds))
    return tr("Done in {time} · {memory}", time=span(run.seconds), memory=size(run.memory))


def _progress(run: NodeRun) -> str:
    if fraction_of(run) is None:
        return run.message or tr("Running")
    unit = f" {run.unit}" if run.unit else ""
    done = f"{run.done} / {run.total}{unit}"
    return done if run.eta is None else tr("{done} · {time} left", done=done, time=left(run.eta))


def _mode_words(mode: str) -> str:
    if mode == "bypass":
        return tr("Bypassed: its input goes through unchanged.")
    return tr("Muted: it is not computed, nor what needs it.")
