"""The badge and its details, with files that are really signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.trust.ledger import Entry, Ledger
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.values.origin import Origin
from studio.background import Background
from studio.theme import DARK
from studio.viewer.badge import Badge, Popover
from studio.viewer.errands import Errands


@pytest.fixture
def badge(qtbot: QtBot) -> Iterator[Badge]:
    background = Background()
    errands = Errands(background)
    made = Badge(DARK, errands)
    qtbot.addWidget(made)
    yield made
    errands.forget()
    background.close()


def test_a_video_signed_here_is_self_issued_and_says_what_made_it(
    badge: Badge, video: Path, qtbot: QtBot
) -> None:
    origin = Origin(model="starter", model_digest="sha256:0", prompt="<b>a lake</b>", seed=4)
    sign(video, self_issued(), Statement("A lake", origin, version="0.1.0"))
    badge.check(video)
    assert badge.text() == "Checking…"
    qtbot.waitUntil(lambda: badge.text() == "Self-issued", timeout=30_000)
    assert badge.provenance is not None
    parent = QWidget()
    qtbot.addWidget(parent)
    popover = Popover(badge.provenance, DARK, parent)
    words = {label.text() for label in popover.findChildren(QLabel)}
    assert {"starter", "<b>a lake</b>", "4"} <= words


def test_an_altered_video_is_called_so(badge: Badge, video: Path, qtbot: QtBot) -> None:
    sign(video, self_issued(), Statement("A lake"))
    content = bytearray(video.read_bytes())
    content[content.rindex(b"mdat") + 100] ^= 0xFF
    video.write_bytes(bytes(content))
    badge.check(video)
    qtbot.waitUntil(lambda: badge.text() == "Altered", timeout=30_000)


def test_a_file_that_cannot_be_checked_says_why(badge: Badge, tmp_path: Path, qtbot: QtBot) -> None:
    badge.check(tmp_path / "missing.mp4")
    qtbot.waitUntil(lambda: badge.text() == "Not checked", timeout=30_000)
    assert "missing.mp4" in badge.toolTip()


def test_only_the_file_that_is_shown_now_counts(
    badge: Badge, video: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    badge.check(tmp_path / "missing.mp4")
    badge.check(video)
    qtbot.waitUntil(lambda: badge.text() == "Not signed", timeout=30_000)
    badge.check(None)
    assert not badge.isVisible()


def test_a_file_that_lost_its_sidecar_is_still_known(
    badge: Badge, video: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "lake.mkv"  # only the suffix counts
    path.write_bytes(video.read_bytes())
    signed = sign(path, self_issued(), Statement("A lake"))
    assert signed.sidecar is not None
    signed.sidecar.unlink()
    badge.check(path)
    qtbot.waitUntil(lambda: badge.text() == "Not signed", timeout=30_000)
    Ledger().add(Entry("A lake", str(path), signed.digest, signed.manifest), [])
    badge.check(path)
    qtbot.waitUntil(lambda: badge.text() == "Self-issued", timeout=30_000)
