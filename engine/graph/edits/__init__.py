"""Edits of a document: frozen data, each of which returns its own inverse when applied.

    document, undo = Connect(("prompt", "result"), ("encode", "text")).apply(document)
    document, redo = undo.apply(document)

An edit checks only what it needs to be carried out; `validate` tells whether the result can run.
"""

from engine.graph.edits.changes import Change, Changes, Composite, Edit
from engine.graph.edits.exposed import Expose, Unexpose
from engine.graph.edits.grouping import Group
from engine.graph.edits.links import Connect, Disconnect
from engine.graph.edits.nodes import AddNode, RemoveNode, RenameNode, SetMode, SetParam
from engine.graph.edits.subgraphs import AddSubgraph, ClosePort, OpenPort, RemoveSubgraph
from engine.graph.edits.ungrouping import Ungroup
from engine.graph.edits.view import Move, SetView

__all__ = [
    "AddNode",
    "AddSubgraph",
    "Change",
    "Changes",
    "ClosePort",
    "Composite",
    "Connect",
    "Disconnect",
    "Edit",
    "Expose",
    "Group",
    "Move",
    "OpenPort",
    "RemoveNode",
    "RemoveSubgraph",
    "RenameNode",
    "SetMode",
    "SetParam",
    "SetView",
    "Unexpose",
    "Ungroup",
]
