from __future__ import annotations

import io
import json
from pathlib import Path

from engine.folders import config_folder
from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement


def test_a_list_is_put_here_shown_and_taken_away(cli, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text(self_issued(tmp_path / "elsewhere").root)
    assert "none" in cli("trust", "show").stdout
    assert cli("trust", "update", "--signers", roots, "--stamps", "").exit_code == 0
    shown = json.loads(cli("trust", "show", "--json").stdout)
    assert (shown["signers"]["count"], shown["stamps"]) == (1, None)
    assert "roots.pem" in cli("trust", "show").stdout
    assert cli("trust", "remove", "signers").exit_code == 0
    assert json.loads(cli("trust", "show", "--json").stdout)["signers"] is None


def test_a_file_is_verified_against_a_list_that_is_named(cli, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    stranger, path = self_issued(tmp_path / "elsewhere"), tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((32, 32, 3), 127, np.uint8))
    sign(path, stranger, Statement("T"))
    roots = tmp_path / "roots.pem"
    roots.write_text(stranger.root)
    assert json.loads(cli("verify", path, "--json").stdout)["trusted"] is False
    assert json.loads(cli("verify", path, "--json", "--trust", roots).stdout)["trusted"] is True


def test_what_cannot_be_a_list_is_refused_and_nothing_is_put_here(cli, tmp_path: Path) -> None:
    wrong, good = tmp_path / "wrong.pem", tmp_path / "good.pem"
    wrong.write_text("hello")
    good.write_text(self_issued(tmp_path / "elsewhere").root)
    result = cli("trust", "update", "--signers", good, "--stamps", wrong)
    assert (result.exit_code, "wrong.pem" in result.stderr) == (2, True)
    assert json.loads(cli("trust", "show", "--json").stdout)["signers"] is None
    assert cli("trust", "update", "--signers", "http://example.org/list").exit_code == 2
    assert cli("trust", "remove", "everything").exit_code == 2


def test_a_list_that_is_too_old_is_called_so(cli, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text(self_issued(tmp_path / "elsewhere").root)
    assert cli("trust", "update", "--signers", roots, "--stamps", "").exit_code == 0
    assert "newer" not in cli("trust", "show").stderr
    place = config_folder() / "trust" / "signers.json"
    kept = json.loads(place.read_text())
    place.write_text(json.dumps({**kept, "installed": "2020-01-01T00:00:00+00:00"}))
    said = " ".join(cli("trust", "show").stderr.split())
    assert "'reelwright trust update' fetches a newer one" in said


def test_an_address_that_leads_away_from_https_is_refused(cli, monkeypatch) -> None:
    class Answer(io.BytesIO):
        def geturl(self) -> str:
            return "http://elsewhere.example/list"

    monkeypatch.setattr("urllib.request.urlopen", lambda address, timeout: Answer(b"{}"))
    result = cli("trust", "update", "--signers", "https://example.org/list", "--stamps", "")
    assert result.exit_code == 2
    assert "leads to 'http://elsewhere.example/list'" in " ".join(result.stderr.split())
