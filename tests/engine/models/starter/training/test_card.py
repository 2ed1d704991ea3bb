"""The model card says what was measured."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.models.starter.training.card import TABLES, write_card

STARTER = Path(__file__).parents[5] / "engine" / "models" / "starter"


def test_the_card_that_ships_has_the_figures_of_the_report_that_ships(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    shutil.copy(STARTER / "MODEL_CARD.md", card)
    write_card(STARTER / "evaluation.json", card)
    assert card.read_text("utf-8") == (STARTER / "MODEL_CARD.md").read_text("utf-8")


def test_a_new_figure_replaces_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    card, report = tmp_path / "card.md", tmp_path / "report.json"
    shutil.copy(STARTER / "MODEL_CARD.md", card)
    measured = json.loads((STARTER / "evaluation.json").read_text("utf-8"))
    measured["tables"]["samples"]["all"]["share"] = 0.123
    report.write_text(json.dumps(measured), "utf-8")
    before = card.read_text("utf-8").split("\n")
    write_card(report, card)
    changed = [line for line in card.read_text("utf-8").split("\n") if line not in before]
    assert len(changed) == 1
    assert "| samples | 512 |" in changed[0]
    assert "12.3" in changed[0]


SHARE = {"share": 0.5, "low": 0.25, "high": 0.75, "n": 8}
NEW = {
    "editing": {"another colour": {"colour as told": SHARE, "all": SHARE}},
    "quality": {
        "ground truth": {"temporal flickering": {"mean": 0.9, "low": 0.8, "high": 1.0, "n": 8}},
        "samples": {"temporal flickering": {"mean": 0.7, "low": 0.6, "high": 0.8, "n": 8}},
    },
    "controls": {
        "noise": {"measured": 0.25, "unspoiled": 0.9, "n": 8, "fails": True},
        "shuffled": {"measured": 0.5, "n": 8, "fails": False},
    },
}


def test_every_table_of_a_report_has_its_place_in_the_card(tmp_path: Path) -> None:
    card, report = tmp_path / "card.md", tmp_path / "report.json"
    shutil.copy(STARTER / "MODEL_CARD.md", card)
    measured = json.loads((STARTER / "evaluation.json").read_text("utf-8"))
    report.write_text(json.dumps(measured | NEW), "utf-8")
    write_card(report, card)
    lines = card.read_text("utf-8").split("\n")
    assert all(lines.count(head) == 1 for _, head, _ in TABLES)
    cells = "50.0 [25.0, 75.0]"
    assert f"| another colour | 8 | {cells} | colour as told {cells} |" in lines
    assert "| temporal flickering | 0.900 [0.800, 1.000] | - | 0.700 [0.600, 0.800] |" in lines
    assert "| noise | 8 | 0.250 | 0.900 | yes |" in lines
    assert "| shuffled | 8 | 0.500 | - | **no** |" in lines
    once = card.read_text("utf-8")
    write_card(report, card)
    assert card.read_text("utf-8") == once, "a second time changes nothing"


def test_a_card_without_a_place_says_where_the_table_belongs(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("# A card\n", "utf-8")
    with pytest.raises(InvalidInput, match="no table") as error:
        write_card(STARTER / "evaluation.json", card)
    assert "<!-- what -->" in error.value.remedy
    assert card.read_text("utf-8") == "# A card\n"
