from __future__ import annotations

import json
from pathlib import Path

from engine.trust.ledger import Ledger
from engine.trust.self_issued import self_issued
from tests.engine.trust.conftest import make_picture
from tests.engine.trust.test_recovery import release


def test_what_one_computer_signed_is_taken_over_noted_and_forgotten(cli, tmp_path: Path) -> None:
    signed = make_picture(tmp_path / "a.jpg")
    release(signed, self_issued(tmp_path / "identity"), Ledger())
    made = cli("ledger", "export", "all.ledger")
    assert (made.exit_code, "1 release" in made.stderr) == (0, True)
    assert (tmp_path / "all.ledger").stat().st_mode & 0o077 == 0
    taken = cli("ledger", "import", "all.ledger")
    assert "1 release signed by" in taken.stderr
    assert "1 release known already" in cli("ledger", "import", "all.ledger").stderr
    shown = json.loads(cli("ledger", "show", "--json").stdout)
    assert shown == {"here": {"signed": 1}, "elsewhere": {"all.ledger": 1}}
    noted = json.loads(cli("audit", "show", "--json").stdout)
    decisions = {each["decision"]: each["file"] for each in noted}
    assert decisions["ledger given out"] == decisions["ledger taken over"] != ""
    assert "forgotten" in cli("ledger", "forget").stderr
    assert "Taken over" not in cli("ledger", "show").stdout
    assert "Signed here" in cli("ledger", "show").stdout


def test_what_is_no_ledger_is_told(cli, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    result = cli("ledger", "import", "x")
    assert result.exit_code == 2
    assert "'x' is no ledger" in result.stderr
