"""The node library: one node a file, one folder a category; knows what users want done."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import PackageNotFoundError, version

from engine.graph.node import Node
from engine.graph.registry import NodePack


def product_version() -> str:
    """The installed version of Reelwright, '0' where it runs without being installed."""
    try:
        return version("reelwright")
    except PackageNotFoundError:
        return "0"


def node_classes() -> list[type[Node]]:
    """Every node class that a module of a category's folder defines, by module name."""
    found = []
    for category in pkgutil.iter_modules(__path__, f"{__name__}."):
        if not category.ispkg:
            continue
        package = importlib.import_module(category.name)
        for module in pkgutil.iter_modules(package.__path__, f"{category.name}."):
            found += _defined_in(module.name)
    return found


def _defined_in(module: str) -> list[type[Node]]:
    members = vars(importlib.import_module(module)).values()
    return [
        member
        for member in members
        if isinstance(member, type) and issubclass(member, Node) and member.__module__ == module
    ]


PACK = NodePack("reelwright", product_version(), node_classes)
