"""What the App view shows: the document's controls and how its run stands; knows no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.graph.document import Exposed
from engine.graph.edits import Composite, Edit, Expose
from engine.graph.edits.names import free_name
from engine.graph.problems import Problem
from studio.document import OpenDocument
from studio.faces import spaced
from studio.inspector.faces import ControlLine
from studio.inspector.subject import control_lines
from studio.runs import Run
from studio.times import left, span

Tone: TypeAlias = Literal["muted", "success", "warning", "danger"]
Say: TypeAlias = Callable[..., str]


@dataclass(frozen=True, slots=True)
class AppFace:
    """The App view, complete.

    `headline` says how the run stands, `fraction` how far it is (None: nobody knows), `active`
    that it can be stopped; `problem` is what keeps the document from running.
    """

    name: str
    controls: tuple[ControlLine, ...]
    run: str = ""
    active: bool = False
    headline: str = ""
    tone: Tone = "muted"
    fraction: float | None = 0.0
    problem: Problem | None = None


def app_face(opened: OpenDocument, run: Run | None, tr: Say) -> AppFace:
    """What there is to show; `tr` puts sentences into the user's language."""
    errors = (it for it in opened.known_problems if it.severity == "error")
    headline, tone = ("", "muted") if run is None else _headline(run, tr)
    return AppFace(
        name=opened.document.name or opened.name,
        controls=control_lines(opened, run),
        run="" if run is None else run.key,
        active=run is not None and run.active and run.state != "lost",
        headline=headline,
        tone=tone,  # type: ignore[arg-type]  # the pairs below are of these words
        fraction=None if run is None else run.fraction,
        problem=next(errors, None),
    )


def _headline(run: Run, tr: Say) -> tuple[str, str]:
    match run.state:
        case "sending":
            return tr("Sending"), "muted"
        case "queued":
            return _in_line(run, tr), "muted"
        case "running":
            return _progress(run, tr), "muted"
        case "paused":
            return tr("Paused"), "warning"
        case "done":
            return _done(run, tr), "success"
        case "cancelled":
            return tr("Stopped. What is finished is kept; Run goes on from there."), "warning"
        case "lost":
            return run.error or tr("The connection to this run was lost."), "danger"
        case _:
            return run.error or tr("It did not work out."), "danger"


def _in_line(run: Run, tr: Say) -> str:
    if not run.line:
        return tr("Next in line")
    ahead = tr("1 run is") if run.line == 1 else tr("{count} runs are", count=run.line)
    return tr("Waiting: {ahead} ahead", ahead=ahead)


def _progress(run: Run, tr: Say) -> str:
    done = tr("Step {done} of {total}", done=run.done, total=run.total) if run.total else ""
    rest = "" if run.eta is None else tr("{time} left", time=left(run.eta))
    return ", ".join(part for part in (done, rest) if part) or tr("Working")


def _done(run: Run, tr: Say) -> str:
    if run.started is None or run.ended is None:
        return tr("Done")
    return tr("Done in {time}", time=span(run.ended - run.started))


def usual_controls(opened: OpenDocument) -> Edit | None:
    """Expose what people change most: texts, seeds and files that no link feeds; None if none."""
    document = opened.document
    linked = {link.target for link in document.links}
    offered = {(it.node, it.param) for it in document.exposed.values()}
    names, edits = set(document.exposed), []
    for id, spec in document.nodes.items():
        type = opened.type_named(spec.type)
        # How results are checked and written is settled once, not at every run.
        settled = type is None or type.output or type.category == "Safety"
        for param in () if type is None or settled else type.params.values():
            place = (id, param.name)
            if param.widget not in _USUAL or place in linked or place in offered:
                continue
            name = free_name(id if param.widget == "text" else param.name, names)
            names.add(name)
            it = Exposed(node=id, param=param.name, label=spaced(name), help=param.help)
            edits.append(Expose(name, it))
    return Composite("Expose the usual controls", tuple(edits)) if edits else None


_USUAL = frozenset({"text", "seed", "open-file"})
