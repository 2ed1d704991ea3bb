from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.trust.self_issued import self_issued
from engine.trust.sign import sign
from engine.trust.statement import Statement
from engine.values import Origin


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    import cv2
    import numpy as np

    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), np.full((32, 32, 3), 127, np.uint8))
    return path


@pytest.fixture
def signed(picture: Path) -> Path:
    origin = Origin(model="starter", model_digest="ab" * 32, prompt="a red ball", seed=7)
    sign(picture, self_issued(), Statement(title="picture", origin=origin, document="{}"))
    return picture


def test_an_intact_file_names_signer_model_prompt_and_seed(cli, signed) -> None:
    result = cli("verify", signed)
    assert result.exit_code == 0
    assert result.stdout.startswith("intact:  ")
    rows = dict(line.split("  ", 1) for line in result.stdout.splitlines() if "  " in line[:9])
    assert rows["Prompt"].strip() == "a red ball"
    assert rows["Seed"].strip() == "7"
    assert "self-issued" in rows["Signer"]


def test_an_altered_file_ends_with_4(cli, signed) -> None:
    content = bytearray(signed.read_bytes())
    content[content.rindex(b"IDAT") + 6] ^= 1
    signed.write_bytes(content)
    result = cli("verify", signed)
    assert result.exit_code == 4
    assert result.stdout.startswith("altered:  ")


def test_an_unsigned_file_ends_with_5(cli, picture) -> None:
    result = cli("verify", picture)
    assert result.exit_code == 5
    assert result.stdout.startswith("unsigned:  ")


@pytest.mark.parametrize("content", [None, b""])
def test_what_cannot_be_read_ends_with_1(cli, tmp_path, content: bytes | None) -> None:
    path = tmp_path / "no.mp4"
    if content is not None:
        path.write_bytes(content)
    result = cli("verify", path)
    assert result.exit_code == 1
    assert "no.mp4" in result.stderr
    assert result.stdout == ""


def test_json_has_everything_for_a_script(cli, signed) -> None:
    result = cli("verify", signed, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["state"], found["trusted"], found["generated"]) == ("intact", True, True)
    assert (found["model"], found["prompt"], found["seed"]) == ("starter", "a red ball", 7)
    assert found["signer"]["self_issued"] is True
