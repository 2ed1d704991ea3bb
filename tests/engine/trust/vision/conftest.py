"""Checkpoints and face models, each made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.trust.vision import tiny


@pytest.fixture(scope="session")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.picture_checkpoint(tmp_path_factory.mktemp("seen") / "vit")


@pytest.fixture(scope="session")
def videomae(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.motion_checkpoint(tmp_path_factory.mktemp("seen") / "videomae")


@pytest.fixture(scope="session")
def dino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.encoder(tmp_path_factory.mktemp("seen") / "dino")


@pytest.fixture(scope="session")
def face_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.face_models(tmp_path_factory.mktemp("seen") / "faces")


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "state"))
