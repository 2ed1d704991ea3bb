"""Tiny checkpoints of real families, each built once a session, and only where it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything loads huggingface_hub

TinyModel = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """The folder of a tiny model: `tiny_model("cogvideox", scheduler="ddim")`."""
    built: dict[str, Path] = {}

    def folder(family: str, **options: str | bool) -> Path:
        name = "-".join([family, *(f"{key}-{value}" for key, value in sorted(options.items()))])
        if name not in built:
            built[name] = tmp_path_factory.mktemp("tiny") / name
            import_module(f"tests.engine.models.tiny.{family}").build(built[name], **options)
        return built[name]

    return folder
