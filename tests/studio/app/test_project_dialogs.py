"""The dialogs of a project's life: recovery, missing nodes, about, problem reports."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, NodeSpec
from engine.graph.registry import installed_registry
from studio.app.about import AboutDialog
from studio.app.missing import MissingDialog
from studio.app.recovery import RecoveryDialog
from studio.app.report import ReportDialog
from studio.background import Background
from studio.project import templates
from studio.project.missing import missing_in
from studio.project.recovery import Offer
from studio.project.report import Material
from studio.project.settings import Settings
from studio.theme import DARK

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def offer(name: str) -> Offer:
    return Offer(Path("/x"), name, name, None, 0.0, Document(), None)


def recovery(qtbot: QtBot, *names: str, confirmed: bool = True) -> RecoveryDialog:
    offers = [offer(name) for name in names]
    dialog = RecoveryDialog(offers, ["It is damaged."], DARK, confirm=lambda count: confirmed)
    qtbot.addWidget(dialog)
    return dialog


def button(dialog: object, text: str) -> QPushButton:
    found = dialog.findChildren(QPushButton)  # type: ignore[attr-defined]
    return next(each for each in found if each.text().startswith(text))


def test_everything_is_recovered_unless_it_is_unticked(qtbot: QtBot) -> None:
    dialog = recovery(qtbot, "one", "two")
    assert dialog.recover.text() == "Recover 2 of 2"
    dialog.rows[0].box.setChecked(False)
    assert dialog.recover.text() == "Recover 1 of 2"
    qtbot.mouseClick(dialog.recover, LEFT)
    assert dialog.answer == "recover"
    assert [each.name for each in dialog.chosen] == ["two"]


def test_with_nothing_ticked_there_is_nothing_to_recover(qtbot: QtBot) -> None:
    dialog = recovery(qtbot, "one")
    dialog.rows[0].box.setChecked(False)
    assert not dialog.recover.isEnabled()


def test_closing_the_dialog_keeps_the_copies(qtbot: QtBot) -> None:
    dialog = recovery(qtbot, "one")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.answer == "later"


@pytest.mark.parametrize(("confirmed", "answer"), [(True, "discard"), (False, "later")])
def test_discarding_is_asked_twice(qtbot: QtBot, confirmed: bool, answer: str) -> None:
    dialog = recovery(qtbot, "one", confirmed=confirmed)
    qtbot.mouseClick(button(dialog, "Discard"), LEFT)
    assert dialog.answer == answer


def test_missing_nodes_are_listed_and_the_command_is_copied(qtbot: QtBot) -> None:
    nodes = {"a": NodeSpec(type="odd.blur", version=3)}
    missing = missing_in(Document(nodes=nodes, packs={"odd": "2.1"}), installed_registry())
    dialog = MissingDialog(missing, DARK)
    qtbot.addWidget(dialog)
    assert [dialog.table.item(0, column).text() for column in range(3)] == ["odd.blur", "3", "1"]
    qtbot.mouseClick(button(dialog, "Copy command"), LEFT)
    assert QGuiApplication.clipboard().text() == "pip install --upgrade 'odd>=2.1'"


def test_about_shows_licences_and_finds_them(qtbot: QtBot, background: Background) -> None:
    dialog = AboutDialog(DARK, background)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "Apache License" in dialog.text.toPlainText(), timeout=20_000)
    dialog.search.setText("pydantic MIT")
    items = [dialog.packages.item(row) for row in range(dialog.packages.count())]
    shown = [item.text() for item in items if not item.isHidden()]
    assert shown
    assert all(text.startswith("pydantic") for text in shown)


@pytest.fixture
def report(qtbot: QtBot, background: Background, tmp_path: Path) -> ReportDialog:
    def material(versions: str, findings: str) -> Material:
        document = templates.document("demo")
        return Material(versions, findings, Settings(), (), document, installed_registry())

    made = ReportDialog(
        material, background, lambda _: tmp_path / "report.zip", examine=lambda: "all is well\n"
    )
    qtbot.addWidget(made)
    qtbot.waitUntil(made.button.isEnabled, timeout=20_000)
    return made


def test_a_report_is_shown_and_then_saved_as_shown(
    qtbot: QtBot, report: ReportDialog, tmp_path: Path
) -> None:
    report.what.setPlainText("It stopped.")
    assert not report.button.isEnabled(), "what is shown is not what would be written"
    qtbot.waitUntil(report.button.isEnabled)
    qtbot.mouseClick(report.button, LEFT)
    qtbot.waitUntil(lambda: report.saved is not None)
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        assert archive.namelist() == [part.name for part in report.shown]
        assert archive.read("report.txt") == b"It stopped.\n"
        assert archive.read("doctor.txt") == b"all is well\n"


def test_prompts_are_in_a_report_only_if_they_are_ticked(
    qtbot: QtBot, report: ReportDialog
) -> None:
    prompt = str(templates.document("demo").nodes["prompt"].params["text"])
    assert prompt not in "".join(part.text for part in report.shown)
    report.texts.setChecked(True)
    qtbot.waitUntil(lambda: prompt in "".join(part.text for part in report.shown))
    report.document.setChecked(False)
    assert not report.texts.isEnabled()
    qtbot.waitUntil(lambda: "graph.reel" not in [part.name for part in report.shown])


def test_a_report_that_cannot_be_written_says_why(
    qtbot: QtBot, report: ReportDialog, tmp_path: Path
) -> None:
    (tmp_path / "report.zip").mkdir()
    (tmp_path / "report.zip" / "x").touch()
    report._ask_path = lambda _: Path("/proc/no/report.zip")
    qtbot.mouseClick(report.button, LEFT)
    qtbot.waitUntil(lambda: "cannot be written" in report.note.text())
    assert report.button.isEnabled()
    assert report.saved is None
